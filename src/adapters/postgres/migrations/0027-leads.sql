-- Goals that home was ahead when a handicap was struck in play: only goals since count. Null where the whole score counts, and in rows that were
-- written before this column came.
ALTER TABLE bets ADD COLUMN lead smallint;
ALTER TABLE bet_legs ADD COLUMN lead smallint;
