-- The journal: one chain per shard. The chain row is lease and head at once; an append must match it exactly.
CREATE TABLE chains (
  shard          integer PRIMARY KEY,
  epoch          bigint NOT NULL DEFAULT 0,
  head_block     bigint NOT NULL DEFAULT 0,
  head_seq       bigint NOT NULL DEFAULT 0,
  head_hash      text   NOT NULL DEFAULT repeat('0', 64),
  lease_holder   text,
  lease_address  text   NOT NULL DEFAULT '',
  lease_until    timestamptz NOT NULL DEFAULT '-infinity',
  CONSTRAINT shard_is_not_negative CHECK (shard >= 0)
) WITH (fillfactor = 50);

CREATE TABLE blocks (
  shard       integer NOT NULL REFERENCES chains ON DELETE CASCADE,
  block_no    bigint  NOT NULL,
  epoch       bigint  NOT NULL,
  first_seq   bigint  NOT NULL,
  last_seq    bigint  NOT NULL,
  prev_hash   text    NOT NULL,
  hash        text    NOT NULL,
  recorded_at bigint  NOT NULL,
  keys_from   bigint  NOT NULL,
  keys_to     bigint  NOT NULL,
  body        bytea   NOT NULL,
  PRIMARY KEY (shard, block_no)
);
ALTER TABLE blocks ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX blocks_by_key_time ON blocks (shard, keys_to, keys_from);

-- Command keys that came long after they were made: listed, so that every block's key range stays narrow.
CREATE TABLE late_keys (
  shard      integer NOT NULL,
  command_id text COLLATE "C" NOT NULL,
  block_no   bigint NOT NULL,
  PRIMARY KEY (shard, command_id),
  FOREIGN KEY (shard, block_no) REFERENCES blocks ON DELETE CASCADE
);

CREATE TABLE snapshots (
  shard      integer NOT NULL REFERENCES chains ON DELETE CASCADE,
  block_no   bigint  NOT NULL,
  seq        bigint  NOT NULL,
  block_hash text    NOT NULL,
  state_hash text    NOT NULL,
  version    integer NOT NULL,
  chunks     integer NOT NULL,
  taken_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (shard, block_no)
);

CREATE TABLE snapshot_chunks (
  shard    integer NOT NULL,
  block_no bigint  NOT NULL,
  chunk    integer NOT NULL,
  body     bytea   NOT NULL,
  PRIMARY KEY (shard, block_no, chunk),
  FOREIGN KEY (shard, block_no) REFERENCES snapshots ON DELETE CASCADE
);
ALTER TABLE snapshot_chunks ALTER COLUMN body SET STORAGE EXTERNAL;

-- Runs (replays, backtests, simulations) have chains of their own, numbered above the 64 shards, that are deleted whole.
CREATE SEQUENCE run_shards START 1000;
CREATE TABLE runs (
  run_id     text COLLATE "C" PRIMARY KEY,
  shard      integer NOT NULL UNIQUE REFERENCES chains ON DELETE CASCADE,
  kind       text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  terms      jsonb NOT NULL DEFAULT '{}',
  summary    jsonb
);
