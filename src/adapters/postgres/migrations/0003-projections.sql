-- Read models: folded from the journal, each with its position, droppable and rebuildable.
CREATE TABLE projection_positions (
  projection text NOT NULL,
  shard      integer NOT NULL,
  block_no   bigint NOT NULL DEFAULT 0,
  seq        bigint NOT NULL DEFAULT 0,
  block_hash text NOT NULL DEFAULT repeat('0', 64),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (projection, shard)
) WITH (fillfactor = 50);

CREATE TABLE wallets (
  shard           integer NOT NULL,
  ledger_id       text COLLATE "C" NOT NULL,
  holder_id       text COLLATE "C" NOT NULL,
  owner_id        text COLLATE "C" NOT NULL,
  tenant_id       text COLLATE "C" NOT NULL,
  currency        text NOT NULL,
  available_minor bigint NOT NULL DEFAULT 0 CHECK (available_minor >= 0),
  held_minor      bigint NOT NULL DEFAULT 0 CHECK (held_minor >= 0),
  debt_minor      bigint NOT NULL DEFAULT 0 CHECK (debt_minor <= 0),
  dna_hash        text NOT NULL DEFAULT '',
  status          text NOT NULL DEFAULT 'active',
  seq             bigint NOT NULL,
  PRIMARY KEY (holder_id, shard, ledger_id, currency)
) WITH (fillfactor = 50);
CREATE INDEX wallets_by_owner ON wallets (owner_id);

CREATE TABLE ledger_accounts (
  shard         integer NOT NULL,
  ledger_id     text COLLATE "C" NOT NULL,
  path          text COLLATE "C" NOT NULL,
  currency      text NOT NULL,
  balance_minor bigint NOT NULL,
  PRIMARY KEY (shard, ledger_id, path, currency)
) WITH (fillfactor = 50);

CREATE TABLE bets (
  bet_id       text COLLATE "C" NOT NULL,
  shard        integer NOT NULL,
  ledger_id    text COLLATE "C" NOT NULL,
  seq          bigint NOT NULL,
  holder_id    text COLLATE "C" NOT NULL,
  tenant_id    text COLLATE "C" NOT NULL,
  market_id    text COLLATE "C" NOT NULL,
  selection_id text NOT NULL,
  odds_milli   integer NOT NULL,
  stake_minor  bigint NOT NULL,
  currency     text NOT NULL,
  quote_seq    bigint NOT NULL,
  quote_source text NOT NULL,
  quote_age_ms integer NOT NULL,
  placed_at    bigint NOT NULL,
  status       text NOT NULL,
  return_minor bigint,
  settled_at   bigint,
  settled_seq  bigint,
  reason       text,
  -- One B-tree serves lists and settlements: both know the holder. Ids begin with their time, so a BRIN finds a bet by its id alone.
  PRIMARY KEY (holder_id, bet_id, shard)
) WITH (fillfactor = 85);
CREATE INDEX bets_by_id ON bets USING brin (bet_id) WITH (pages_per_range = 8);

CREATE TABLE ledger_entries (
  shard        integer NOT NULL,
  seq          bigint NOT NULL,
  n            integer NOT NULL,
  ledger_id    text COLLATE "C" NOT NULL,
  at           bigint NOT NULL,
  holder_id    text COLLATE "C",
  from_path    text COLLATE "C" NOT NULL,
  to_path      text COLLATE "C" NOT NULL,
  currency     text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  event_type   text NOT NULL
);
-- The position in projection_positions makes each entry unique; what is left to find is a wallet's entries, and a stretch of the journal.
CREATE INDEX ledger_entries_by_holder ON ledger_entries (holder_id, seq) WHERE holder_id IS NOT NULL;
CREATE INDEX ledger_entries_by_seq ON ledger_entries USING brin (shard, seq);

CREATE TABLE markets (
  shard      integer NOT NULL,
  ledger_id  text COLLATE "C" NOT NULL,
  market_id  text COLLATE "C" NOT NULL,
  event_id   text COLLATE "C" NOT NULL,
  start_at   bigint NOT NULL,
  status     text NOT NULL,
  bets       bigint NOT NULL DEFAULT 0,
  staked_minor bigint NOT NULL DEFAULT 0,
  returned_minor bigint NOT NULL DEFAULT 0,
  outcomes   jsonb,
  settled_at bigint,
  PRIMARY KEY (shard, ledger_id, market_id)
);
CREATE INDEX markets_by_event ON markets (event_id);
