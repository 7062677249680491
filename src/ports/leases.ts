// Who runs a role of which there may be only one. The stored row is the only authority; time is the store's own.

export interface LeaseTerms {
  readonly holder: string;
  readonly ttlMs: number;
}

export interface Leases {
  /** The epoch under which the caller now holds `name`; null while another holds it. */
  acquire(name: string, terms: LeaseTerms): Promise<number | null>;
  /** False when another took the lease meanwhile: whoever held it must stop. One that ran out and that nobody took is renewed. */
  renew(name: string, epoch: number, ttlMs: number): Promise<boolean>;
  /** Says where the holder can be reached. */
  announce(name: string, epoch: number, address: string): Promise<void>;
  /** Gives the lease back; nothing happens when it was lost. */
  release(name: string, epoch: number): Promise<void>;
  /** Address of the holder, or null when nobody holds `name`. */
  addressOf(name: string): Promise<string | null>;
}
