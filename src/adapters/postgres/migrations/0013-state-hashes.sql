-- What a writer's state hashed to at one of its last blocks: whoever has time folds the chain to there and compares.
CREATE TABLE state_hashes (
  shard      integer PRIMARY KEY REFERENCES chains ON DELETE CASCADE,
  block_no   bigint  NOT NULL,
  seq        bigint  NOT NULL,
  block_hash text    NOT NULL,
  state_hash text    NOT NULL,
  taken_at   timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
