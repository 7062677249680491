-- A wallet's balance is what its newest ledger entry says: entries carry the balances after them, as on a bank statement, and
-- nothing is updated per bet.
DROP VIEW arena_scores;
DROP POLICY own_tenant ON ledger_entries;
ALTER TABLE ledger_entries RENAME TO old_entries;
DROP INDEX ledger_entries_by_holder, ledger_entries_by_seq;

ALTER TABLE wallets DROP COLUMN available_minor, DROP COLUMN held_minor, DROP COLUMN debt_minor;
ALTER TABLE wallets RENAME TO holders;
ALTER INDEX wallets_pkey RENAME TO holders_pkey;
ALTER INDEX wallets_by_owner RENAME TO holders_by_owner;

CREATE TABLE ledger_entries (
  shard           integer NOT NULL,
  seq             bigint NOT NULL,
  n               integer NOT NULL,
  ledger_id       text COLLATE "C" NOT NULL,
  at              bigint NOT NULL,
  holder_id       text COLLATE "C",
  from_path       text COLLATE "C" NOT NULL,
  to_path         text COLLATE "C" NOT NULL,
  currency        text NOT NULL,
  amount_minor    bigint NOT NULL CHECK (amount_minor > 0),
  event_type      text NOT NULL,
  -- The holder's balances after this entry; null when no wallet moved.
  available_minor bigint CHECK (available_minor >= 0),
  held_minor      bigint CHECK (held_minor >= 0),
  debt_minor      bigint CHECK (debt_minor <= 0),
  CHECK (num_nulls(holder_id, available_minor, held_minor, debt_minor) IN (0, 4))
);
INSERT INTO ledger_entries
SELECT shard, seq, n, ledger_id, at, holder_id, from_path, to_path, currency, amount_minor, event_type,
       CASE WHEN holder_id IS NOT NULL THEN sum(amount_minor * ((to_path = own || 'available')::int - (from_path = own || 'available')::int)) OVER statement END,
       CASE WHEN holder_id IS NOT NULL THEN sum(amount_minor * ((to_path = own || 'held')::int - (from_path = own || 'held')::int)) OVER statement END,
       CASE WHEN holder_id IS NOT NULL THEN sum(amount_minor * ((to_path = own || 'debt')::int - (from_path = own || 'debt')::int)) OVER statement END
FROM (SELECT *, concat('player:', holder_id, ':') AS own FROM old_entries) e
WINDOW statement AS (PARTITION BY shard, ledger_id, holder_id ORDER BY seq, n)
ORDER BY shard, seq, n;
DROP TABLE old_entries;
-- The position in projection_positions makes each entry unique; what is left to find is a wallet's entries, newest first, and a stretch of the journal.
CREATE INDEX ledger_entries_by_holder ON ledger_entries (holder_id, shard, ledger_id, seq) WHERE holder_id IS NOT NULL;
CREATE INDEX ledger_entries_by_seq ON ledger_entries USING brin (shard, seq);

-- With the rights of whoever asks: the walls between tenants stand on the tables below.
CREATE VIEW wallets WITH (security_invoker = true) AS
SELECT h.shard, h.ledger_id, h.holder_id, h.owner_id, h.tenant_id, h.currency, h.dna_hash, h.status,
       coalesce(e.available_minor, 0) AS available_minor, coalesce(e.held_minor, 0) AS held_minor,
       coalesce(e.debt_minor, 0) AS debt_minor, coalesce(e.seq, h.seq) AS seq
FROM holders h
LEFT JOIN LATERAL (
  SELECT l.available_minor, l.held_minor, l.debt_minor, l.seq FROM ledger_entries l
  WHERE l.holder_id = h.holder_id AND l.shard = h.shard AND l.ledger_id = h.ledger_id
  ORDER BY l.seq DESC, l.n DESC LIMIT 1
) e ON true;

ALTER TABLE ledger_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON ledger_entries TO palpite_reader USING (
  EXISTS (SELECT FROM holders h WHERE h.holder_id = ledger_entries.holder_id AND h.shard = ledger_entries.shard
    AND h.tenant_id = (SELECT current_tenant())));

-- The leaderboard is public: this view is read with its owner's rights and names no owner and no tenant.
CREATE VIEW arena_scores AS
SELECT h.shard, h.ledger_id, b.bot_id, h.currency,
       b.dna #>> '{genes,betting,type}' AS betting, b.dna #>> '{genes,math,type}' AS math,
       coalesce((b.dna #>> '{metadata,generation}')::int, 0) AS generation,
       CASE WHEN b.status = 'active' THEN h.status ELSE b.status END AS status,
       coalesce(e.balance_minor, 0) AS balance_minor,
       s.bets, s.open_bets, s.settled_bets, s.turnover_minor, s.profit_minor, s.mean_return, s.return_deviation
FROM bots b
JOIN holders h ON h.holder_id = b.bot_id
LEFT JOIN LATERAL (
  SELECT l.available_minor + l.held_minor + l.debt_minor AS balance_minor FROM ledger_entries l
  WHERE l.holder_id = h.holder_id AND l.shard = h.shard AND l.ledger_id = h.ledger_id
  ORDER BY l.seq DESC, l.n DESC LIMIT 1
) e ON true
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE t.status <> 'rejected') AS bets,
         count(*) FILTER (WHERE t.status IN ('accepted', 'pending')) AS open_bets,
         count(*) FILTER (WHERE t.status = 'settled') AS settled_bets,
         coalesce(sum(t.stake_minor) FILTER (WHERE t.status = 'settled'), 0) AS turnover_minor,
         coalesce(sum(t.return_minor - t.stake_minor) FILTER (WHERE t.status = 'settled'), 0) AS profit_minor,
         avg((t.return_minor - t.stake_minor)::float8 / t.stake_minor) FILTER (WHERE t.status = 'settled') AS mean_return,
         stddev_samp((t.return_minor - t.stake_minor)::float8 / t.stake_minor) FILTER (WHERE t.status = 'settled') AS return_deviation
  FROM bets t WHERE t.holder_id = b.bot_id AND t.shard = h.shard AND t.ledger_id = h.ledger_id
) s;
GRANT SELECT ON wallets, ledger_entries, arena_scores TO palpite_reader;
