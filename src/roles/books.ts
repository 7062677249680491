// The books of the simulated supplier: bets are made at the first, the others say what is fair.
export const EXECUTABLE_BOOK = 'simA';
export const REFERENCE_BOOK = 'PS';
export const CONSENSUS_BOOK = 'Avg';
/** Name of the supplier's feed in aliases, cursors and messages. */
export const SUPPLIER_FEED = 'simex';
