// The migration files a program ships, and the errors of migrating. A folder with a misnamed or doubled file is refused as a whole.
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export type Migration = { version: number; name: string; file: string; sql: string; sha256: string };

export type MigrationErrorCode = 'altered' | 'bad-file' | 'failed' | 'lock-timeout' | 'tables-busy';

/** Migrating was refused or failed; nothing of the failed step remains. */
export class MigrationError extends Error {
  readonly code: MigrationErrorCode;

  constructor(code: MigrationErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'MigrationError';
    this.code = code;
  }
}

/** The database was migrated by a newer program; this one must not touch it. */
export class SchemaNewerError extends Error {
  readonly databaseVersion: number;
  readonly shippedVersion: number;

  constructor(databaseVersion: number, shippedVersion: number) {
    super(
      `The database has schema version ${databaseVersion}, this program knows versions up to ${shippedVersion}. ` +
        'Start the newer version of Palpite, or restore the backup made before the upgrade.',
    );
    this.name = 'SchemaNewerError';
    this.databaseVersion = databaseVersion;
    this.shippedVersion = shippedVersion;
  }
}

const FILE_NAME = /^(\d{4})-([a-z0-9]+(?:-[a-z0-9]+)*)\.sql$/;

/** All NNNN-name.sql files of a folder, by version. Line ends count as LF, so a checkout on Windows has the same checksums. */
export async function readMigrations(dir: string): Promise<Migration[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.sql')).sort();
  if (names.length === 0) throw new MigrationError('bad-file', `${dir} holds no migrations`);
  const files = await Promise.all(names.map((name) => readMigration(dir, name)));
  const doubled = files.find((file, at) => file.version === files[at - 1]?.version);
  if (doubled) throw new MigrationError('bad-file', `two migrations have the number of ${doubled.file}`);
  return files;
}

async function readMigration(dir: string, file: string): Promise<Migration> {
  const match = FILE_NAME.exec(file);
  const version = Number(match?.[1]);
  if (match === null || version === 0) {
    throw new MigrationError('bad-file', `${file}: a migration is named like 0007-add-pools.sql, numbered from 0001`);
  }
  const sql = (await readFile(join(dir, file), 'utf8')).replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  return { version, name: match[2] ?? '', file, sql, sha256: createHash('sha256').update(sql).digest('hex') };
}
