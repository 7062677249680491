-- The history of settlements, proposals and disputes: facts as the journal has them, by fixture, market, and what they are about.
CREATE TABLE settlement_log (
  shard     integer NOT NULL,
  ledger_id text COLLATE "C" NOT NULL,
  seq       bigint NOT NULL,
  at        bigint NOT NULL,
  kind      text NOT NULL,
  event_id  text COLLATE "C",
  market_id text COLLATE "C",
  -- The proposal or the dispute that it is about.
  subject   text COLLATE "C",
  holder_id text COLLATE "C",
  data      jsonb NOT NULL,
  PRIMARY KEY (shard, seq)
);
CREATE INDEX settlement_log_by_market ON settlement_log (market_id, seq) WHERE market_id IS NOT NULL;
CREATE INDEX settlement_log_by_subject ON settlement_log (subject, seq) WHERE subject IS NOT NULL;
CREATE INDEX settlement_log_by_kind ON settlement_log (shard, kind, seq);

-- What each bet had returned before it was taken back.
CREATE TABLE bet_reversals (
  shard          integer NOT NULL,
  ledger_id      text COLLATE "C" NOT NULL,
  seq            bigint NOT NULL,
  at             bigint NOT NULL,
  bet_id         text COLLATE "C" NOT NULL,
  holder_id      text COLLATE "C" NOT NULL,
  returned_minor bigint NOT NULL,
  PRIMARY KEY (bet_id, shard, seq)
);

ALTER TABLE settlement_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON settlement_log TO palpite_reader USING (
  holder_id IS NULL OR EXISTS (SELECT FROM holders h WHERE h.holder_id = settlement_log.holder_id AND h.shard = settlement_log.shard
    AND h.tenant_id = (SELECT current_tenant())));
ALTER TABLE bet_reversals ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON bet_reversals TO palpite_reader USING (
  EXISTS (SELECT FROM holders h WHERE h.holder_id = bet_reversals.holder_id AND h.shard = bet_reversals.shard
    AND h.tenant_id = (SELECT current_tenant())));
GRANT SELECT ON settlement_log, bet_reversals TO palpite_reader;
