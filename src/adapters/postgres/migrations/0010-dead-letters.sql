-- Messages that could not be handled. One row per message and group; what was decided is removed after a while. No tenant reads it.
DROP TABLE dead_letters; -- of 0004: no version ever wrote to it
CREATE TABLE dead_letters (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  fingerprint bytea       NOT NULL UNIQUE, -- of topic, group, key, id and type: their lengths have no limit
  received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  times       integer     NOT NULL DEFAULT 1,
  state       text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'replay', 'replayed', 'dropped')),
  topic       text COLLATE "C" NOT NULL,
  "group"     text COLLATE "C" NOT NULL,
  key         text COLLATE "C" NOT NULL,
  message_id  text COLLATE "C" NOT NULL,
  type        text COLLATE "C" NOT NULL,
  reason      text        NOT NULL,
  message     text        NOT NULL -- JSON as text: jsonb refuses what a broken message may hold
);
CREATE INDEX dead_letters_state ON dead_letters (state, id);
