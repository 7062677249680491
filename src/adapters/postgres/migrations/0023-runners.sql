-- What the opening of a market stated (selections, places, each-way terms) and who was withdrawn from it; the place part of an each-way bet.
ALTER TABLE markets ADD COLUMN stated jsonb, ADD COLUMN withdrawn text[] NOT NULL DEFAULT '{}';
ALTER TABLE bets ADD COLUMN each_way jsonb;
