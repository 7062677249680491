-- Each newest price carries its place among all changes of its fixture. What a screen has of a fixture is then one number,
-- and what it lacks are the rows above it. Not indexed: a price is overwritten in place, and an index on what changes would end that.
ALTER TABLE odds_current ADD COLUMN n bigint NOT NULL DEFAULT 0;
