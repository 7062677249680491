-- Bots: their DNA, and why each one bet or passed.
CREATE TABLE bots (
  bot_id     text COLLATE "C" PRIMARY KEY,
  owner_id   text NOT NULL,
  tenant_id  text NOT NULL,
  dna        jsonb NOT NULL,
  dna_hash   text NOT NULL,
  status     text NOT NULL DEFAULT 'active',
  born_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX bots_by_tenant ON bots (tenant_id, bot_id);

-- What the bots saw: one row per price list and moment, shared by all decisions about it.
CREATE TABLE market_snapshots (
  run_shard   integer NOT NULL,
  snapshot_id bigint NOT NULL,
  at          bigint NOT NULL,
  market_id   text COLLATE "C" NOT NULL,
  snapshot    jsonb NOT NULL,
  PRIMARY KEY (run_shard, snapshot_id)
);
CREATE SEQUENCE market_snapshot_ids CACHE 1;

CREATE TABLE decisions (
  run_shard    integer NOT NULL,
  snapshot_id  bigint NOT NULL,
  bot_id       text COLLATE "C" NOT NULL,
  tenant_id    text NOT NULL DEFAULT '',
  dna_hash     text NOT NULL,
  at           bigint NOT NULL,
  market_id    text COLLATE "C" NOT NULL,
  selection_id text,
  code         text NOT NULL,
  need         bigint,
  have         bigint,
  stake_minor  bigint,
  fair_ppm     integer,
  quote_seq    bigint NOT NULL,
  bet_id       text,
  PRIMARY KEY (run_shard, bot_id, snapshot_id)
);
