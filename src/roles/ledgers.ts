// The ledgers of an installation and where they live. Ledger `main` is shared by all tenants.
export { MAIN_LEDGER, MAIN_SHARD } from '#core/ledger/shard.ts';
/** A holder that is not heard of for this long is replaced, ms. */
export const LEASE_TTL_MS = 5_000;
