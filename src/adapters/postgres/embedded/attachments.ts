// Who uses the embedded server: one file per user, named by process identity, plus who owns it (launched or adopted it).
// A file whose process is dead counts for nothing. All functions expect the caller to hold the lock, and are synchronous so that they
// serve while a process is ending too.
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { DataPlace } from './data-place.ts';
import { asIdentity, isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

export type ServerFacts = { port: number | undefined; owner: ProcessIdentity | undefined };

/** Notes that this process uses the server; the name that comes back undoes it. */
export function attach(data: DataPlace): string {
  mkdirSync(data.users, { recursive: true });
  const name = `${process.pid}-${randomBytes(4).toString('hex')}`;
  writeFileSync(join(data.users, name), JSON.stringify(ownIdentity()));
  return name;
}

export function detach(data: DataPlace, name: string): void {
  rmSync(join(data.users, name), { force: true });
}

/** How many live users there are; files of dead ones are removed on the way. */
export function countUsers(data: DataPlace): number {
  mkdirSync(data.users, { recursive: true });
  let alive = 0;
  for (const name of readdirSync(data.users)) {
    const user = asIdentity(readJson(join(data.users, name)));
    if (user !== undefined && isAlive(user)) alive += 1;
    else detach(data, name);
  }
  return alive;
}

/** The remembered port and the owner, as far as they are known. */
export function readFacts(data: DataPlace): ServerFacts {
  const value = readJson(data.facts);
  if (typeof value !== 'object' || value === null) return { port: undefined, owner: undefined };
  const port = 'port' in value && typeof value.port === 'number' ? value.port : undefined;
  return { port, owner: 'owner' in value ? asIdentity(value.owner) : undefined };
}

export function writeFacts(data: DataPlace, facts: ServerFacts): void {
  const draft = `${data.facts}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(facts)}\n`);
  renameSync(draft, data.facts);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
