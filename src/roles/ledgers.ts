// The ledgers of an installation and where they live. Ledger `main` is shared by all tenants.
export const MAIN_LEDGER = 'main';
export const MAIN_SHARD = 0;
/** A holder that is not heard of for this long is replaced, ms. */
export const LEASE_TTL_MS = 5_000;
