// Names of the timers that settle, take back and forget a market, that end proposals, and that void what was postponed.

/** Pays a market's bets chunk by chunk. */
export function settleKey(marketId: string): string {
  return `settle:${marketId}`;
}

/** Takes a market's settlement back chunk by chunk. */
export function reverseKey(marketId: string): string {
  return `reverse:${marketId}`;
}

/** Forgets a settled market after its correction window. */
export function archiveKey(marketId: string): string {
  return `archive:${marketId}`;
}

/** Voids what a postponed fixture left undecided. */
export function postponedKey(eventId: string): string {
  return `postponed:${eventId}`;
}

export function proposalKey(proposalId: string): string {
  return `proposal:${proposalId}`;
}
