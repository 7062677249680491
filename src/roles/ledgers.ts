// The ledgers of an installation and where they live. Ledger `main` is shared by all tenants.
export const MAIN_LEDGER = 'main';
export const MAIN_SHARD = 0;
export const LEASE_TTL_MS = 10_000;
