-- The text that a bettor gave as evidence of a dispute, under the hash that the journal has. Free text that may be erased: nothing is folded from it.
CREATE TABLE dispute_evidence (
  dispute_id text COLLATE "C" NOT NULL,
  sha256     text COLLATE "C" NOT NULL,
  tenant_id  text COLLATE "C" NOT NULL,
  at         bigint NOT NULL,
  text       text NOT NULL,
  PRIMARY KEY (dispute_id, sha256)
);
ALTER TABLE dispute_evidence ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON dispute_evidence TO palpite_reader USING (tenant_id = (SELECT current_tenant()));
GRANT SELECT ON dispute_evidence TO palpite_reader;
