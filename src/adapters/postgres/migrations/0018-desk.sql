-- What the desk offers by hand, change by change: the newest one of (event_id, name) holds. Appended under one lock, so that numbers are seen
-- in their order. Titles are free text and may be erased; nothing of them reaches the journal.
CREATE TABLE desk_changes (
  no        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at        bigint NOT NULL,
  by_owner  text NOT NULL,
  event_id  text COLLATE "C" NOT NULL,
  -- The market of an offer; else `fixture` or `result`.
  name      text COLLATE "C" NOT NULL,
  start_at  bigint,
  expires   boolean NOT NULL DEFAULT false,
  fact      json NOT NULL
);
CREATE INDEX desk_changes_newest ON desk_changes (event_id, name, no DESC);
CREATE INDEX desk_changes_fixtures ON desk_changes (start_at, event_id) WHERE name = 'fixture';
CREATE INDEX desk_changes_expiring ON desk_changes (no) WHERE expires;
