-- When a fixture's card was said, ms: a message that comes again late must not move a kick-off back.
ALTER TABLE fixtures ADD COLUMN said_at bigint NOT NULL DEFAULT 0;
