-- Bets of several legs are bets like others, with a row for each leg. What a single says of its one leg is null in them.
ALTER TABLE bets
  ADD COLUMN system text,
  ADD COLUMN lines integer,
  ALTER COLUMN market_id DROP NOT NULL,
  ALTER COLUMN selection_id DROP NOT NULL,
  ALTER COLUMN odds_milli DROP NOT NULL,
  ALTER COLUMN quote_seq DROP NOT NULL,
  ALTER COLUMN quote_source DROP NOT NULL,
  ALTER COLUMN quote_age_ms DROP NOT NULL,
  ADD CHECK (num_nulls(market_id, selection_id, odds_milli, quote_seq, quote_source, quote_age_ms) = CASE WHEN system IS NULL THEN 0 ELSE 6 END);

CREATE TABLE bet_legs (
  bet_id       text COLLATE "C" NOT NULL,
  shard        integer NOT NULL,
  leg          integer NOT NULL,
  holder_id    text COLLATE "C" NOT NULL,
  market_id    text COLLATE "C" NOT NULL,
  selection_id text NOT NULL,
  odds_milli   integer NOT NULL,
  quote_seq    bigint NOT NULL,
  quote_source text NOT NULL,
  quote_age_ms integer NOT NULL,
  -- Once it is decided: numerators and denominators of the share won and the share of the stake returned.
  outcome      integer[],
  PRIMARY KEY (bet_id, shard, leg)
) WITH (fillfactor = 85);

ALTER TABLE bet_legs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON bet_legs TO palpite_reader USING (
  EXISTS (SELECT FROM holders h WHERE h.holder_id = bet_legs.holder_id AND h.shard = bet_legs.shard
    AND h.tenant_id = (SELECT current_tenant())));
GRANT SELECT ON bet_legs TO palpite_reader;
