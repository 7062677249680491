// Why the embedded database could not start, in words a person can act on.
// Every failure to start leaves through DatabaseStartError: a stable code, what happened, how to mend it, the server's last lines.

export type DatabaseStartCode =
  | 'disk-full'
  | 'foreign-data-directory'
  | 'in-use'
  | 'missing-binaries'
  | 'missing-data-directory'
  | 'newer-data-directory'
  | 'no-permission'
  | 'older-data-directory'
  | 'out-of-memory'
  | 'port-in-use'
  | 'start-failed'
  | 'start-timeout';

export type StartFailure = { code: DatabaseStartCode; what: string; mend: string; log?: string; cause?: unknown };

/** The embedded PostgreSQL could not start; `mend` says what to do about it, `serverLog` holds the server's last lines. */
export class DatabaseStartError extends Error {
  readonly code: DatabaseStartCode;
  readonly mend: string;
  readonly serverLog: string;

  constructor(failure: StartFailure) {
    const serverLog = lastLines(failure.log ?? '');
    const tail = serverLog === '' ? '' : `\nLast lines of the server:\n${serverLog.replaceAll(/^/gm, '  | ')}`;
    super(`${failure.what}\nTo mend: ${failure.mend}${tail}`, failure.cause === undefined ? {} : { cause: failure.cause });
    this.name = 'DatabaseStartError';
    this.code = failure.code;
    this.mend = failure.mend;
    this.serverLog = serverLog;
  }
}

const LOG_LINES_SHOWN = 12;

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
}

const ANOTHER_SERVER = 'set DATABASE_URL to use a PostgreSQL server that already runs.';

/** What PostgreSQL prints, and what it means. The first row that matches wins, so precise rows come before vague ones. */
const SYMPTOMS: readonly { sign: RegExp; code: DatabaseStartCode; what: string; mend: string }[] = [
  {
    sign: /no space left on device|disk quota exceeded|check free disk space|wrote only \d+ of \d+ bytes|\b53100\b/i,
    code: 'disk-full',
    what: 'The disk that holds the database is full.',
    mend: 'free some space (a new database needs about 200 MB, its log up to 8 GB more) and start again; nothing committed was lost.',
  },
  {
    sign: /could not bind|address already in use|could not create any tcp\/ip sockets/i,
    code: 'port-in-use',
    what: 'The port of the database is taken by another program.',
    mend: 'stop that program or leave the port open to choice, and start again.',
  },
  {
    sign: /pre-existing shared memory block|lock file "postmaster\.pid" already exists/i,
    code: 'in-use',
    what: 'Another PostgreSQL server still uses this data directory.',
    mend: 'wait until it has stopped (it may run in another container that mounts the same folder), then start again.',
  },
  {
    sign: /database files are incompatible|initialized by PostgreSQL version/i,
    code: 'older-data-directory',
    what: 'The data directory belongs to another version of PostgreSQL.',
    mend: `start it with the version of Palpite that made it, or ${ANOTHER_SERVER}`,
  },
  {
    sign: /error while loading shared libraries|version `GLIBC|not found \(required by|cannot execute binary/i,
    code: 'missing-binaries',
    what: 'The PostgreSQL that comes with Palpite does not run on this system (a library is missing).',
    mend: `run \`npm ci\` with install scripts allowed (package.json lists them under allowScripts); on a system without glibc, such as Alpine, ${ANOTHER_SERVER}`,
  },
  {
    sign: /could not (create|map|resize) (anonymous )?shared memory|cannot allocate memory|out of memory/i,
    code: 'out-of-memory',
    what: 'There is not enough memory for the database.',
    mend: 'give the machine or container at least 512 MB, then start again.',
  },
  {
    sign: /could not look up effective user/i,
    code: 'no-permission',
    what: 'The account that runs the database has a number but no name.',
    mend: `give the account a line in /etc/passwd (in a container: do not choose a free user number), or ${ANOTHER_SERVER}`,
  },
  {
    sign: /permission denied|wrong ownership|invalid permissions|operation not permitted|read-only file system|\bEACCES\b|\bEPERM\b/i,
    code: 'no-permission',
    what: 'The account that runs the database may not use its files.',
    mend: 'give the data directory back to the account that made it (chown -R), or start Palpite as that account; best an ordinary one, not root.',
  },
];

/** Turns the output of initdb or of a server that would not start into the error a person should see. */
export function diagnose(output: string, doing: string): DatabaseStartError {
  const symptom = SYMPTOMS.find((row) => row.sign.test(output));
  if (symptom) return new DatabaseStartError({ ...symptom, what: `${symptom.what} (${doing})`, log: output });
  const what = `PostgreSQL failed while ${doing}.`;
  return new DatabaseStartError({ code: 'start-failed', what, mend: `read the lines below, or ${ANOTHER_SERVER}`, log: output });
}

/** The same for a system call of our own that failed (ENOSPC, EACCES, EROFS, EPERM); other errors pass through untouched. */
export function diagnoseSystem(error: unknown, doing: string): unknown {
  if (error instanceof DatabaseStartError || !(error instanceof Error) || !('code' in error)) return error;
  const words: Record<string, string> = {
    ENOSPC: 'no space left on device',
    EDQUOT: 'disk quota exceeded',
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    EROFS: 'read-only file system',
  };
  const sign = words[String(error.code)];
  return sign === undefined ? error : diagnose(`${sign}: ${error.message}`, doing);
}
