-- What has a lifetime is found by its time without reading the whole table.
CREATE INDEX decisions_by_time ON decisions USING brin (at) WITH (autosummarize = on);
CREATE INDEX market_snapshots_by_time ON market_snapshots USING brin (at) WITH (autosummarize = on);
CREATE INDEX audit_log_by_time ON audit_log USING brin (at) WITH (autosummarize = on);

-- Rows die at the old end all the time: without vacuum each deletion would step over those of all before it.
ALTER TABLE odds_history SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE decisions SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE market_snapshots SET (autovacuum_vacuum_scale_factor = 0.02);
