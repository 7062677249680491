// Where a ledger lives: one of 64 shards, for all time. Stored chains depend on it: it never changes.

export const SHARDS = 64;
/** The ledger that all tenants share. */
export const MAIN_LEDGER = 'main';
export const MAIN_SHARD = 0;
const LEDGER_ID = /^[a-z][a-z0-9_-]{0,63}$/;

/** FNV-1a of the name, 32 bits, modulo 64; `main` is on shard 0. */
export function shardOf(ledgerId: string): number {
  if (ledgerId === MAIN_LEDGER) return MAIN_SHARD;
  let hash = 0x811c9dc5;
  for (let i = 0; i < ledgerId.length; i++) hash = Math.imul(hash ^ ledgerId.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % SHARDS;
}

export function isLedgerId(value: unknown): value is string {
  return typeof value === 'string' && LEDGER_ID.test(value);
}
