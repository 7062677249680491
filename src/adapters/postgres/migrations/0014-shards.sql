-- Writer processes that are alive: they share the shards that have a chain row.
CREATE TABLE writer_processes (
  writer text COLLATE "C" PRIMARY KEY,
  until  timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Read models: which ledgers there are, and the money between them. A transfer has a row in each of its two ledgers.
CREATE TABLE ledgers (
  shard       integer NOT NULL,
  ledger_id   text COLLATE "C" NOT NULL,
  currency    text NOT NULL,
  money_class text NOT NULL CHECK (money_class IN ('play', 'real')),
  markets     boolean NOT NULL, -- fixtures and results reach it
  seq         bigint NOT NULL,
  PRIMARY KEY (shard, ledger_id)
);
-- Folded before there was a table: each ledger left a row for what it is kept in.
INSERT INTO ledgers
SELECT shard, ledger_id, currency, CASE WHEN currency = 'PLAY' THEN 'play' ELSE 'real' END, ledger_id = 'main', 1
FROM ledger_accounts WHERE path = 'issuance' ON CONFLICT DO NOTHING;

CREATE TABLE transfers (
  shard        integer NOT NULL,
  ledger_id    text COLLATE "C" NOT NULL,
  transfer_id  text COLLATE "C" NOT NULL,
  direction    text NOT NULL CHECK (direction IN ('out', 'in')),
  holder_id    text COLLATE "C" NOT NULL,
  tenant_id    text COLLATE "C" NOT NULL,
  other_ledger text COLLATE "C" NOT NULL,
  other_holder text COLLATE "C" NOT NULL,
  currency     text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  at           bigint NOT NULL,
  status       text NOT NULL CHECK (status IN ('sent', 'received', 'returned')),
  reason       text,
  ended_at     bigint,
  seq          bigint NOT NULL,
  PRIMARY KEY (holder_id, shard, ledger_id, transfer_id, direction, other_ledger)
) WITH (fillfactor = 85);

ALTER TABLE transfers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON transfers TO palpite_reader USING (tenant_id = (SELECT current_tenant()));
GRANT SELECT ON ledgers, transfers TO palpite_reader;
