-- Pools as read models: the pool, its fixtures, entries and invitations. Totals by selection are summed from the entries when they are asked for.
CREATE TABLE pools (
  pool_id        text COLLATE "C" NOT NULL,
  shard          integer NOT NULL,
  ledger_id      text COLLATE "C" NOT NULL,
  seq            bigint NOT NULL,
  holder_id      text COLLATE "C" NOT NULL,
  owner_id       text COLLATE "C" NOT NULL,
  tenant_id      text COLLATE "C" NOT NULL,
  kind           text NOT NULL,
  visibility     text NOT NULL,
  bots           boolean NOT NULL,
  rules          jsonb NOT NULL,
  market         jsonb,
  carry_in_minor bigint NOT NULL,
  opened_at      bigint NOT NULL,
  lock_at        bigint NOT NULL,
  -- open, locked, paying or closed
  status         text NOT NULL DEFAULT 'open',
  entries        integer NOT NULL DEFAULT 0,
  paid_minor     bigint NOT NULL DEFAULT 0,
  locked_at      bigint,
  closed_at      bigint,
  declared       jsonb,
  scratched      text[] NOT NULL DEFAULT '{}',
  last_seq       bigint NOT NULL,
  PRIMARY KEY (pool_id, shard)
) WITH (fillfactor = 70);
CREATE INDEX pools_of_ledger ON pools (shard, ledger_id, pool_id);

CREATE TABLE pool_fixtures (
  pool_id  text COLLATE "C" NOT NULL,
  shard    integer NOT NULL,
  no       integer NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  stage    text,
  start_at bigint NOT NULL,
  -- unknown, running, final or void; the score is the one that points count with
  phase    text NOT NULL DEFAULT 'unknown',
  home     integer,
  away     integer,
  PRIMARY KEY (pool_id, shard, no)
);
CREATE INDEX pool_fixtures_of_event ON pool_fixtures (event_id, shard);

CREATE TABLE pool_entries (
  entry_id     text COLLATE "C" NOT NULL,
  shard        integer NOT NULL,
  pool_id      text COLLATE "C" NOT NULL,
  ledger_id    text COLLATE "C" NOT NULL,
  seq          bigint NOT NULL,
  holder_id    text COLLATE "C" NOT NULL,
  owner_id     text COLLATE "C" NOT NULL,
  tenant_id    text COLLATE "C" NOT NULL,
  -- Place in the order of entering, from 0.
  row_no       integer NOT NULL,
  units        integer NOT NULL,
  selection_id text,
  stake_minor  bigint NOT NULL,
  entered_at   bigint NOT NULL,
  -- Number of the fixture -> [home, away].
  picks        jsonb NOT NULL DEFAULT '{}',
  points       integer NOT NULL DEFAULT 0,
  paid_minor   bigint NOT NULL DEFAULT 0,
  gone         boolean NOT NULL DEFAULT false,
  last_seq     bigint NOT NULL,
  PRIMARY KEY (entry_id, shard)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX pool_entries_by_row ON pool_entries (pool_id, shard, row_no);
CREATE INDEX pool_entries_ranking ON pool_entries (pool_id, shard, points DESC, row_no) WHERE NOT gone;
CREATE INDEX pool_entries_of_owner ON pool_entries (owner_id, pool_id);

CREATE TABLE pool_invitations (
  pool_id    text COLLATE "C" NOT NULL,
  shard      integer NOT NULL,
  -- sha256 of the token, hex
  invitation text COLLATE "C" NOT NULL,
  uses_max   integer NOT NULL,
  until      bigint NOT NULL,
  uses       integer NOT NULL DEFAULT 0,
  revoked    boolean NOT NULL DEFAULT false,
  PRIMARY KEY (pool_id, shard, invitation)
);

-- Who ever entered: what lets a tenant see a pool by invitation. Apart from the entries, so that neither policy needs the other.
CREATE TABLE pool_members (
  pool_id   text COLLATE "C" NOT NULL,
  shard     integer NOT NULL,
  tenant_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (pool_id, shard, tenant_id)
);

ALTER TABLE pools ENABLE ROW LEVEL SECURITY;
CREATE POLICY public_or_member ON pools TO palpite_reader USING (
  visibility = 'public' OR tenant_id = (SELECT current_tenant()) OR EXISTS (
    SELECT FROM pool_members m WHERE m.pool_id = pools.pool_id AND m.shard = pools.shard
      AND m.tenant_id = (SELECT current_tenant())));
ALTER TABLE pool_fixtures ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_pool ON pool_fixtures TO palpite_reader USING (
  EXISTS (SELECT FROM pools p WHERE p.pool_id = pool_fixtures.pool_id AND p.shard = pool_fixtures.shard));
ALTER TABLE pool_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_pool ON pool_entries TO palpite_reader USING (
  EXISTS (SELECT FROM pools p WHERE p.pool_id = pool_entries.pool_id AND p.shard = pool_entries.shard));
ALTER TABLE pool_invitations ENABLE ROW LEVEL SECURITY;
CREATE POLICY of_creator ON pool_invitations TO palpite_reader USING (
  EXISTS (SELECT FROM pools p WHERE p.pool_id = pool_invitations.pool_id AND p.shard = pool_invitations.shard
    AND p.tenant_id = (SELECT current_tenant())));
GRANT SELECT ON pools, pool_fixtures, pool_entries, pool_invitations, pool_members TO palpite_reader;
