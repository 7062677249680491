// What bettors wrote as evidence of their disputes, outside the journal, which has its hash alone: free text must be erasable.

export interface EvidenceName {
  readonly disputeId: string;
  /** sha256 of the text, hex. */
  readonly sha256: string;
}

export interface DisputeEvidence {
  /** False when it is there already; it is then kept from whoever would drop it, too. */
  keep(name: EvidenceName, of: { readonly tenantId: string; readonly at: number; readonly text: string }): Promise<boolean>;
  /** What was kept at this time, as if it had not been; nothing where somebody has kept it again since. */
  drop(name: EvidenceName, at: number): Promise<void>;
  /** Null where there is none, it was erased, or it is another tenant's. */
  read(tenantId: string, name: EvidenceName): Promise<string | null>;
}
