// The desk at the command line: its book in the database that a running server reads as well, and files to import.
import { DeskOffice, DESK_ROWS_MAX, type Made } from '#engine/desk/desk-office.ts';
import { columnOf, type ImportFault, readImport } from '#adapters/feeds/desk/import-file.ts';
import { bytesOfFile } from '#adapters/feeds/recorded/recording-file.ts';
import { PostgresDeskBook } from '#adapters/postgres/desk-book.ts';
import { PostgresOddsStore } from '#adapters/postgres/odds-store.ts';
import type { PlatformContext } from './context.ts';

export function openDesk({ clock, database }: PlatformContext): DeskOffice {
  const { pool } = database;
  return new DeskOffice({ book: new PostgresDeskBook(pool), odds: new PostgresOddsStore(pool), clock });
}

export interface ImportOptions {
  readonly file: string;
  readonly by: string;
  readonly dryRun: boolean;
  readonly onProgress: (stage: string, done: number, total: number) => void;
}

export type ImportReport =
  | { readonly ok: true; readonly made: Made; readonly rows: number }
  | { readonly ok: false; readonly faults: readonly ImportFault[] };

/** All of the file or nothing of it. */
export async function importDesk(desk: DeskOffice, { by, dryRun, file, onProgress }: ImportOptions): Promise<ImportReport> {
  const text = (await bytesOfFile(file)).toString('utf8');
  onProgress('reading', 0, 1);
  const { faults, rows } = readImport(text, file);
  if (faults.length > 0) return { ok: false, faults };
  if (rows.length > DESK_ROWS_MAX)
    return {
      ok: false,
      faults: [{ line: rows[DESK_ROWS_MAX]?.line ?? 0, column: '', message: `a file has at most ${DESK_ROWS_MAX} rows` }],
    };
  onProgress('writing', 0, rows.length);
  const made = await desk.make(
    rows.map(({ row }) => row),
    { by, dryRun },
  );
  onProgress('writing', rows.length, rows.length);
  if (!('eventIds' in made)) {
    const told = made.map(({ refusal, row }) => {
      const at = rows[row];
      return { line: at?.line ?? 0, column: at ? columnOf(refusal.path, at.row) : '', message: refusal.code };
    });
    return { ok: false, faults: told };
  }
  return { ok: true, made, rows: rows.length };
}
