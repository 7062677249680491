// Who is calling: an API key becomes a principal, and nothing in a request body ever says who somebody is.
// Of a key's secret only its sha256 is stored; the secret itself is told once, when the key is made.

export const ROLES = ['operator', 'player', 'service'] as const;
export type Role = (typeof ROLES)[number];

export const SCOPES = ['read', 'bet', 'operate'] as const;
export type Scope = (typeof SCOPES)[number];

/** What a role may hold at most: `operate` stops the whole house, so only operators have it. */
export const SCOPES_OF_ROLE: Record<Role, readonly Scope[]> = {
  operator: ['read', 'bet', 'operate'],
  player: ['read', 'bet'],
  service: ['read', 'bet'],
};

export interface Principal {
  readonly keyId: string;
  readonly ownerId: string;
  readonly tenantId: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
}

export interface Identity {
  /** The principal behind a key, or null for whatever is unknown, wrong, expired or revoked. */
  authenticate(apiKey: string): Promise<Principal | null>;
}

export interface KeyRecord extends Principal {
  readonly secretSha256: Uint8Array;
  readonly label: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

export interface Owner {
  readonly ownerId: string;
  readonly tenantId: string;
  readonly role: Role;
  readonly label: string;
}

/** Where principals and their keys are kept. Every change leaves a row in the audit log, in the same transaction. */
export interface PrincipalStore {
  /** Those that exist, in any order. */
  findKeys(keyIds: readonly string[]): Promise<KeyRecord[]>;
  listKeys(ownerId?: string): Promise<KeyRecord[]>;
  findOwner(ownerId: string): Promise<Owner | null>;
  /** Adds tenant, owner and key unless an operator exists already; then nothing changes and that operator is returned. */
  addFirstOperator(first: { owner: Owner; tenantName: string; key: KeyRecord }): Promise<{ owner: Owner; added: boolean }>;
  addOwner(owner: Owner, key: KeyRecord | null): Promise<void>;
  addKey(key: KeyRecord): Promise<void>;
  /** False when there is no such key or it was revoked before. */
  revokeKey(keyId: string, at: number): Promise<boolean>;
}
