// Why a backup cannot be made, read or restored, in words a person can act on. Thrown before anything was changed, unless it says otherwise.

export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly mend: string;

  constructor(what: string, mend: string, cause?: unknown) {
    super(what, cause === undefined ? {} : { cause });
    this.mend = mend;
  }
}

/** A moment as people read it and as PostgreSQL takes it back: RFC 3339 in UTC. */
export function momentText(at: number): string {
  return new Date(at).toISOString();
}
