-- Fixtures and prices as the odds processor knows them; aliases are the only place where suppliers' names and ids live.
CREATE TABLE fixtures (
  event_id    text COLLATE "C" PRIMARY KEY,
  sport       text NOT NULL,
  competition text NOT NULL,
  home        text NOT NULL,
  away        text NOT NULL,
  start_at    bigint NOT NULL,
  status      text NOT NULL DEFAULT 'scheduled',
  result      jsonb,
  updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX fixtures_by_start ON fixtures (start_at, event_id);

CREATE INDEX fixtures_by_result ON fixtures (updated_at) WHERE result IS NOT NULL;
CREATE INDEX fixtures_going_on ON fixtures (event_id) WHERE result IS NULL OR status = 'live';

-- The newest price list of each book (source) for each market, as published. `held`: why it is suspended although its source did not say so;
-- feed_status: what the source itself says.
CREATE TABLE odds_current (
  market_id      text COLLATE "C" NOT NULL,
  source         text COLLATE "C" NOT NULL,
  event_id       text COLLATE "C" NOT NULL,
  feed           text NOT NULL,
  quote_seq      bigint NOT NULL,
  source_epoch   bigint NOT NULL,
  source_version bigint NOT NULL,
  observed_at    bigint NOT NULL,
  confirmed_at   bigint NOT NULL,
  held           text CHECK (held IN ('stale', 'gap')),
  feed_status    text NOT NULL,
  quote          jsonb NOT NULL,
  PRIMARY KEY (market_id, source)
) WITH (fillfactor = 50);
CREATE INDEX odds_current_by_event ON odds_current (event_id);

CREATE TABLE odds_history (
  market_id   text COLLATE "C" NOT NULL,
  source      text COLLATE "C" NOT NULL,
  quote_seq   bigint NOT NULL,
  observed_at bigint NOT NULL,
  quote       jsonb NOT NULL,
  PRIMARY KEY (market_id, source, quote_seq)
);
CREATE INDEX odds_history_by_time ON odds_history USING brin (observed_at);

-- How far each feed has been worked through: written in the transaction of the effect.
CREATE TABLE source_cursors (
  source  text PRIMARY KEY,
  epoch   bigint NOT NULL,
  version bigint NOT NULL,
  token   text,
  alive_at bigint NOT NULL DEFAULT 0
);

CREATE TABLE aliases (
  source     text NOT NULL,
  kind       text NOT NULL CHECK (kind IN ('fixture', 'team', 'competition')),
  foreign_id text NOT NULL,
  our_id     text NOT NULL,
  swapped    boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL DEFAULT 'system',
  PRIMARY KEY (source, kind, foreign_id)
);
CREATE INDEX aliases_by_ours ON aliases (kind, our_id);

CREATE TABLE review_queue (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source     text NOT NULL,
  kind       text NOT NULL,
  foreign_id text NOT NULL,
  payload    jsonb NOT NULL,
  suggestion text,
  first_seen timestamptz NOT NULL DEFAULT now(),
  last_seen  timestamptz NOT NULL DEFAULT now(),
  times      bigint NOT NULL DEFAULT 1,
  resolved_at timestamptz,
  resolution text,
  UNIQUE (source, kind, foreign_id)
);

CREATE TABLE dead_letters (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic      text NOT NULL,
  message    jsonb NOT NULL,
  reason     text NOT NULL,
  at         timestamptz NOT NULL DEFAULT now(),
  handled_at timestamptz
);
