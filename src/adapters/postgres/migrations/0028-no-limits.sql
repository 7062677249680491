-- Nobody reads the limits of ledgers here: who needs them asks the writer, which has them in memory.
ALTER TABLE ledgers DROP COLUMN limits;
