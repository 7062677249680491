// Calls of `npx palpite` in this process: what each prints and how it ends, without a new process each time.
import { runProgram } from '../../src/cli/program.ts';

export interface Called {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One call after the other: what is printed belongs to all of a process. */
export async function callProgram(args: readonly string[]): Promise<Called> {
  const told = { out: '', err: '' };
  const before = { log: console.log, error: console.error, table: console.table, code: process.exitCode };
  const write = process.stderr.write.bind(process.stderr);
  console.log = (...parts: unknown[]) => void (told.out += `${parts.join(' ')}\n`);
  console.table = (rows: unknown) => void (told.out += `${JSON.stringify(rows)}\n`);
  console.error = (...parts: unknown[]) => void (told.err += `${parts.join(' ')}\n`);
  process.stderr.write = ((text: string | Uint8Array) => {
    told.err += String(text);
    return true;
  }) as typeof process.stderr.write;
  process.exitCode = undefined;
  try {
    await runProgram(['node', 'palpite', ...args]);
    return { code: Number(process.exitCode ?? 0), ...told };
  } finally {
    Object.assign(console, { log: before.log, error: before.error, table: before.table });
    process.stderr.write = write;
    process.exitCode = before.code;
  }
}
