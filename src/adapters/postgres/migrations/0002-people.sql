-- Tenants, principals and their keys. Whatever has an owner carries tenant_id, and row-level security hides other tenants' rows
-- from the role the API reads with.
CREATE TABLE tenants (
  tenant_id  text COLLATE "C" PRIMARY KEY,
  name       text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE principals (
  owner_id   text COLLATE "C" PRIMARY KEY,
  tenant_id  text NOT NULL REFERENCES tenants,
  role       text NOT NULL CHECK (role IN ('operator', 'player', 'service')),
  label      text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Only a hash of the secret is kept.
CREATE TABLE api_keys (
  key_id     text COLLATE "C" PRIMARY KEY,
  owner_id   text NOT NULL REFERENCES principals ON DELETE CASCADE,
  tenant_id  text NOT NULL REFERENCES tenants,
  secret_sha256 bytea NOT NULL UNIQUE,
  scopes     text[] NOT NULL,
  label      text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX api_keys_by_owner ON api_keys (owner_id);

CREATE TABLE audit_log (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at         timestamptz NOT NULL DEFAULT now(),
  tenant_id  text NOT NULL,
  actor_id   text NOT NULL,
  action     text NOT NULL,
  target     text NOT NULL DEFAULT '',
  detail     jsonb NOT NULL DEFAULT '{}'
);
