-- Who runs a role of which there may be one only. The epoch grows with every new holder; a holder that lost it learns so when it renews.
CREATE TABLE role_leases (
  name    text COLLATE "C" PRIMARY KEY,
  epoch   bigint NOT NULL DEFAULT 0,
  holder  text   NOT NULL DEFAULT '',
  address text   NOT NULL DEFAULT '',
  until   timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
