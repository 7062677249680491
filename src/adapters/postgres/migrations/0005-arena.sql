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

CREATE TABLE decisions (
  run_shard    integer NOT NULL,
  n            bigint GENERATED ALWAYS AS IDENTITY,
  bot_id       text COLLATE "C" NOT NULL,
  tenant_id    text NOT NULL DEFAULT '',
  dna_hash     text NOT NULL,
  at           bigint NOT NULL,
  market_id    text COLLATE "C" NOT NULL,
  selection_id text,
  code         text NOT NULL,
  need         bigint,
  have         bigint,
  quote_seq    bigint NOT NULL,
  snapshot     jsonb,
  bet_id       text,
  times        integer NOT NULL DEFAULT 1,
  PRIMARY KEY (run_shard, n)
);
CREATE INDEX decisions_by_bot ON decisions (bot_id, n DESC);
