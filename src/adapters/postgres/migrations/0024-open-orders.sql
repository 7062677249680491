-- A socket that opens asks for the orders that are not complete: they must be found without reading all that a holder ever had.
CREATE INDEX orders_unfinished ON orders (holder_id, order_id, shard) WHERE status <> 'complete';
