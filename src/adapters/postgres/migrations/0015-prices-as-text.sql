-- A price list is read whole and never searched: kept as the text that it came as, it need not be taken apart for each row that is written.
-- What can be asked of it with -> and ->> stays the same.
ALTER TABLE odds_current ALTER COLUMN quote TYPE json;
ALTER TABLE odds_history ALTER COLUMN quote TYPE json;
