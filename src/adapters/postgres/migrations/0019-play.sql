-- Responsible play as a read model: limits of people, what waits to be loosened, and until when somebody may not bet.
CREATE TABLE play_limits (
  shard         integer NOT NULL,
  ledger_id     text COLLATE "C" NOT NULL,
  owner_id      text COLLATE "C" NOT NULL,
  -- person or operator
  set_by        text NOT NULL,
  kind          text NOT NULL,
  period        text NOT NULL,
  -- Minor units, for time minutes; null when there is none.
  value         bigint,
  waiting       boolean NOT NULL,
  waiting_value bigint,
  waiting_due   bigint,
  PRIMARY KEY (owner_id, ledger_id, shard, set_by, kind, period)
);
CREATE TABLE play_bans (
  shard               integer NOT NULL,
  ledger_id           text COLLATE "C" NOT NULL,
  owner_id            text COLLATE "C" NOT NULL,
  cool_off_until      bigint NOT NULL,
  excluded_until      bigint NOT NULL,
  self_excluded_until bigint NOT NULL,
  PRIMARY KEY (owner_id, ledger_id, shard)
);

ALTER TABLE play_limits ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON play_limits TO palpite_reader USING (
  EXISTS (SELECT FROM principals p WHERE p.owner_id = play_limits.owner_id AND p.tenant_id = (SELECT current_tenant())));
GRANT SELECT ON play_limits TO palpite_reader;
ALTER TABLE play_bans ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON play_bans TO palpite_reader USING (
  EXISTS (SELECT FROM principals p WHERE p.owner_id = play_bans.owner_id AND p.tenant_id = (SELECT current_tenant())));
GRANT SELECT ON play_bans TO palpite_reader;
