-- What of a bet's stake was cashed out, and for how much; answers about bets that came too late or contradicted; the limits of a ledger.
ALTER TABLE bets
  ADD COLUMN cashed_stake_minor bigint NOT NULL DEFAULT 0,
  ADD COLUMN cashed_minor bigint NOT NULL DEFAULT 0;
-- Those that were changed; the others have their defaults.
ALTER TABLE ledgers ADD COLUMN limits jsonb NOT NULL DEFAULT '{}';

CREATE TABLE flagged_answers (
  shard        integer NOT NULL,
  seq          bigint NOT NULL,
  ledger_id    text COLLATE "C" NOT NULL,
  bet_id       text COLLATE "C" NOT NULL,
  holder_id    text COLLATE "C",
  referee      text NOT NULL,
  status       text NOT NULL,
  ended        text NOT NULL,
  reason       text,
  provider_ref text,
  answered_at  bigint NOT NULL,
  at           bigint NOT NULL,
  PRIMARY KEY (shard, seq)
);
