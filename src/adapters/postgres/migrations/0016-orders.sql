-- Orders of the exchange as a read model: placed once, then only added to, so that a batch needs one row a changed order.
CREATE TABLE orders (
  order_id      text COLLATE "C" NOT NULL,
  shard         integer NOT NULL,
  ledger_id     text COLLATE "C" NOT NULL,
  seq           bigint NOT NULL,
  holder_id     text COLLATE "C" NOT NULL,
  market_id     text COLLATE "C" NOT NULL,
  selection_id  text NOT NULL,
  side          text NOT NULL,
  kind          text NOT NULL,
  persistence   text NOT NULL,
  price_milli   integer,
  size_minor    bigint NOT NULL,
  placed_at     bigint NOT NULL,
  -- pending, open or complete
  status        text NOT NULL,
  matched_minor bigint NOT NULL DEFAULT 0,
  -- Sum of stake times price: the average price is this over matched_minor.
  matched_value numeric NOT NULL DEFAULT 0,
  -- Unmatched for good, and why the last part was.
  ended_minor   bigint NOT NULL DEFAULT 0,
  reason        text,
  last_seq      bigint NOT NULL,
  PRIMARY KEY (holder_id, order_id, shard)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX orders_by_id ON orders (order_id, shard);

ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON orders TO palpite_reader USING (
  EXISTS (SELECT FROM holders h WHERE h.holder_id = orders.holder_id AND h.shard = orders.shard
    AND h.tenant_id = (SELECT current_tenant())));
GRANT SELECT ON orders TO palpite_reader;
