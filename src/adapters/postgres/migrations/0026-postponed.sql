-- A postponed fixture is going on as one without a result is: a start takes up both.
DROP INDEX fixtures_going_on;
CREATE INDEX fixtures_going_on ON fixtures (event_id) WHERE result IS NULL OR status IN ('live', 'postponed');
