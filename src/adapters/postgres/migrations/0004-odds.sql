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

CREATE TABLE odds_current (
  market_id      text COLLATE "C" PRIMARY KEY,
  event_id       text COLLATE "C" NOT NULL,
  quote_seq      bigint NOT NULL,
  source         text NOT NULL,
  source_epoch   bigint NOT NULL,
  source_version bigint NOT NULL,
  observed_at    bigint NOT NULL,
  confirmed_at   bigint NOT NULL,
  quote          jsonb NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX odds_current_by_event ON odds_current (event_id);

CREATE TABLE odds_history (
  market_id   text COLLATE "C" NOT NULL,
  quote_seq   bigint NOT NULL,
  observed_at bigint NOT NULL,
  quote       jsonb NOT NULL,
  PRIMARY KEY (market_id, quote_seq)
);

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
