// Is what a container is given a sound environment? Judged by the schema itself, with real secret files in the place of the mounted ones.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkEnvironment, ENVIRONMENT } from '#roles/environment.ts';
import { ROLES } from '#roles/roles.ts';

const SETTINGS = new Set(Object.keys(ENVIRONMENT).flatMap((name) => [name, `${name}_FILE`]));
/** What the image sets for Node itself. */
const OF_NODE = new Set(['NODE_ENV']);
/** Processes that share their work share these; one that lacks any of them would quietly work alone. */
const SHARED = ['DATABASE_URL', 'KAFKA_BROKERS', 'REDIS_URL', 'INTERNAL_TOKEN'];
const LOOPBACK = /^(?:localhost|127\.|::1)/;

export type Given = Readonly<Record<string, string>>;

/** Names that no setting has. */
export function unknownSettings(given: Given): string[] {
  return Object.keys(given).filter((name) => !SETTINGS.has(name) && !OF_NODE.has(name));
}

/** Faults that the schema finds; files below `mount` are looked for in `secrets`. */
export function faultsOf(given: Given, mount: string, secrets: string): string[] {
  const source: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!name.endsWith('_FILE')) source[name] = value;
    else if (!value.startsWith(`${mount}/`)) return [`${name} is not below ${mount}: ${value}`];
    else source[name] = join(secrets, basename(value));
  }
  return checkEnvironment(source).faults.map(({ message, name }) => `${name}: ${message}`);
}

/** Why a process with these settings cannot work with others. */
export function faultsAmongOthers(given: Given): string[] {
  const has = (name: string): boolean => Boolean(given[name] ?? given[`${name}_FILE`]);
  const missing = SHARED.filter((name) => !has(name)).map((name) => `${name} is missing`);
  const host = given['INTERNAL_HOST'] ?? ENVIRONMENT.INTERNAL_HOST.parse(undefined);
  return LOOPBACK.test(host) ? [...missing, `INTERNAL_HOST is ${host}: nobody else reaches it`] : missing;
}

/** Every name is a role, and none stands twice. */
export function assertRoles(names: readonly string[], where: string): void {
  for (const name of names)
    assert.ok(
      ROLES.some((role) => role.name === name),
      `${where}: no role ${name}`,
    );
  assert.equal(new Set(names).size, names.length, where);
}

/** Roles that are deployed; one on demand is started by hand. */
export const DEPLOYED = ROLES.filter(({ onDemand }) => !onDemand);

/** Every role of the table is somewhere, and a role that shares no work is in one place only; roles on demand are nowhere. */
export function assertWholeTable(processes: readonly (readonly string[])[]): void {
  for (const { instances, name, onDemand } of ROLES) {
    const places = processes.filter((roles) => roles.includes(name)).length;
    assert.equal(places > 0, !onDemand, `the role ${name} is in ${places} places`);
    if (instances === 'one' && !onDemand) assert.equal(places, 1, `the role ${name} is in ${places} places`);
  }
}

export function assertSecretFile(secrets: string, name: string): void {
  assert.ok(existsSync(join(secrets, name)), `make-secrets.sh makes no ${name}`);
}
