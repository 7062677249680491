-- The API reads as palpite_reader with app.tenant set for the transaction; without it no owned row is visible.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'palpite_reader') THEN
    CREATE ROLE palpite_reader NOLOGIN NOBYPASSRLS;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT palpite_reader TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO palpite_reader;
GRANT SELECT ON wallets, bets, ledger_entries, bots, decisions, principals, api_keys, audit_log,
  markets, fixtures, odds_current, odds_history TO palpite_reader;

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

CREATE POLICY own_tenant ON wallets    TO palpite_reader USING (tenant_id = current_tenant());
CREATE POLICY own_tenant ON bets       TO palpite_reader USING (tenant_id = current_tenant());
CREATE POLICY own_tenant ON bots       TO palpite_reader USING (tenant_id = current_tenant());
CREATE POLICY own_tenant ON decisions  TO palpite_reader USING (tenant_id = current_tenant());
CREATE POLICY own_tenant ON principals TO palpite_reader USING (tenant_id = current_tenant());
CREATE POLICY own_tenant ON api_keys   TO palpite_reader USING (tenant_id = current_tenant());
CREATE POLICY own_tenant ON audit_log  TO palpite_reader USING (tenant_id = current_tenant());
CREATE POLICY own_tenant ON ledger_entries TO palpite_reader USING (
  EXISTS (SELECT FROM wallets w WHERE w.holder_id = ledger_entries.holder_id AND w.tenant_id = current_tenant()));
