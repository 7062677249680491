-- The API reads owned rows as palpite_reader with app.tenant set for the transaction; without it no owned row is visible.
-- What everybody may see of the arena comes through a view that shows only that.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'palpite_reader') THEN
    CREATE ROLE palpite_reader NOLOGIN NOBYPASSRLS;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT palpite_reader TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO palpite_reader;
GRANT SELECT ON projection_positions, wallets, bets, ledger_entries, bots, decisions, principals, audit_log,
  market_snapshots, markets, fixtures, odds_current, odds_history TO palpite_reader;
-- Not the hashes of the secrets.
GRANT SELECT (key_id, owner_id, tenant_id, scopes, label, created_at, expires_at, revoked_at) ON api_keys TO palpite_reader;

CREATE FUNCTION current_tenant() RETURNS text LANGUAGE sql STABLE
  RETURN nullif(current_setting('app.tenant', true), '');

ALTER TABLE wallets    ENABLE ROW LEVEL SECURITY;
ALTER TABLE bets       ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE bots       ENABLE ROW LEVEL SECURITY;
ALTER TABLE decisions  ENABLE ROW LEVEL SECURITY;
ALTER TABLE principals ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys   ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log  ENABLE ROW LEVEL SECURITY;

-- (SELECT ...) makes the planner ask for the tenant once a query, not once a row.
CREATE POLICY own_tenant ON wallets    TO palpite_reader USING (tenant_id = (SELECT current_tenant()));
CREATE POLICY own_tenant ON bets       TO palpite_reader USING (tenant_id = (SELECT current_tenant()));
CREATE POLICY own_tenant ON bots       TO palpite_reader USING (tenant_id = (SELECT current_tenant()));
CREATE POLICY own_tenant ON decisions  TO palpite_reader USING (tenant_id = (SELECT current_tenant()));
CREATE POLICY own_tenant ON principals TO palpite_reader USING (tenant_id = (SELECT current_tenant()));
CREATE POLICY own_tenant ON api_keys   TO palpite_reader USING (tenant_id = (SELECT current_tenant()));
CREATE POLICY own_tenant ON audit_log  TO palpite_reader USING (tenant_id = (SELECT current_tenant()));
CREATE POLICY own_tenant ON ledger_entries TO palpite_reader USING (
  EXISTS (SELECT FROM wallets w WHERE w.holder_id = ledger_entries.holder_id AND w.shard = ledger_entries.shard
    AND w.tenant_id = (SELECT current_tenant())));

-- The leaderboard is public: this view is read with its owner's rights and names no owner and no tenant.
CREATE VIEW arena_scores AS
SELECT w.shard, w.ledger_id, b.bot_id, w.currency,
       b.dna #>> '{genes,betting,type}' AS betting, b.dna #>> '{genes,math,type}' AS math,
       coalesce((b.dna #>> '{metadata,generation}')::int, 0) AS generation,
       CASE WHEN b.status = 'active' THEN w.status ELSE b.status END AS status,
       w.available_minor + w.held_minor + w.debt_minor AS balance_minor,
       s.bets, s.open_bets, s.settled_bets, s.turnover_minor, s.profit_minor, s.mean_return, s.return_deviation
FROM bots b
JOIN wallets w ON w.holder_id = b.bot_id
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE t.status <> 'rejected') AS bets,
         count(*) FILTER (WHERE t.status IN ('accepted', 'pending')) AS open_bets,
         count(*) FILTER (WHERE t.status = 'settled') AS settled_bets,
         coalesce(sum(t.stake_minor) FILTER (WHERE t.status = 'settled'), 0) AS turnover_minor,
         coalesce(sum(t.return_minor - t.stake_minor) FILTER (WHERE t.status = 'settled'), 0) AS profit_minor,
         avg((t.return_minor - t.stake_minor)::float8 / t.stake_minor) FILTER (WHERE t.status = 'settled') AS mean_return,
         stddev_samp((t.return_minor - t.stake_minor)::float8 / t.stake_minor) FILTER (WHERE t.status = 'settled') AS return_deviation
  FROM bets t WHERE t.holder_id = b.bot_id AND t.shard = w.shard AND t.ledger_id = w.ledger_id
) s;
GRANT SELECT ON arena_scores TO palpite_reader;
