// THE table of roles, in the order in which they start; they stop in the opposite order.
import type { Topic } from '#ports/bus.ts';
import { startArenaRole } from './start/arena-role.ts';
import { startConfirmerRole } from './start/confirmer-role.ts';
import { startGatewayRole } from './start/gateway-role.ts';
import { startIngestRole, startOddsRole, startOpenerRole, startSupplierRole } from './start/odds-roles.ts';
import { startReplayerRole } from './start/replayer-role.ts';
import { startProjectRole } from './start/project-role.ts';
import type { Running, Runtime } from './runtime.ts';
import { startWriterRole } from './start/writer-role.ts';

export interface Role {
  readonly name: string;
  readonly does: string;
  readonly start: (runtime: Runtime) => Promise<Running>;
  readonly consumes: readonly Topic[];
  readonly produces: readonly Topic[];
  /** Processes that run it at once: with `one` the others stand by, with `many` they share the work. */
  readonly instances: 'one' | 'many';
  /** Started only when it is named. */
  readonly onDemand?: true;
}

export const ROLES: readonly Role[] = [
  {
    name: 'project',
    does: 'folds the journal into read models and snapshots, keeps dead letters',
    start: startProjectRole,
    consumes: [],
    produces: [],
    instances: 'one',
  },
  {
    name: 'writer',
    does: 'decides commands and writes the journal',
    start: startWriterRole,
    consumes: ['odds_updates', 'results', 'commands'],
    produces: ['events', 'bet_placed'],
    instances: 'many',
  },
  {
    name: 'opener',
    does: 'opens markets and reports results',
    start: startOpenerRole,
    consumes: ['odds_updates', 'results'],
    produces: [],
    instances: 'one',
  },
  {
    name: 'confirmer',
    does: 'asks the supplier about bets that need his answer',
    start: startConfirmerRole,
    consumes: ['bet_placed', 'bet_confirmed'],
    produces: ['bet_confirmed'],
    instances: 'one',
  },
  {
    name: 'arena',
    does: 'runs the bots',
    start: startArenaRole,
    consumes: ['odds_updates', 'results', 'events'],
    produces: [],
    instances: 'one',
  },
  {
    name: 'gateway',
    does: 'serves the API, the sockets and the page',
    start: startGatewayRole,
    consumes: ['odds_updates', 'events'],
    produces: [],
    instances: 'many',
  },
  {
    name: 'odds',
    does: 'orders prices and keeps them',
    start: startOddsRole,
    consumes: ['odds_raw'],
    produces: ['odds_updates', 'results', 'snapshot_requests'],
    instances: 'one',
  },
  {
    name: 'supplier',
    does: 'simulates an odds supplier',
    start: startSupplierRole,
    consumes: [],
    produces: [],
    instances: 'one',
  },
  {
    name: 'ingest',
    does: 'reads a supplier',
    start: startIngestRole,
    consumes: ['snapshot_requests'],
    produces: ['odds_raw'],
    instances: 'one',
  },
  {
    name: 'replayer',
    does: 'plays a recorded command log',
    start: startReplayerRole,
    consumes: [],
    produces: ['commands'],
    instances: 'one',
    onDemand: true,
  },
];

export class UnknownRoleError extends Error {
  override readonly name = 'UnknownRoleError';
}

/** The roles named, in the order of the table; when none is, all but those on demand. */
export function rolesNamed(names: readonly string[]): Role[] {
  const unknown = names.filter((name) => !ROLES.some((role) => role.name === name));
  if (unknown.length > 0) {
    throw new UnknownRoleError(
      `no role ${unknown.join(', ')}; there are: ${ROLES.map((role) => `${role.name} (${role.does})`).join(', ')}`,
    );
  }
  return ROLES.filter(({ name, onDemand }) => (names.length === 0 ? !onDemand : names.includes(name)));
}

export class RolesApartError extends Error {
  override readonly name = 'RolesApartError';
}

/** Throws when roles elsewhere would have to speak to these over topics that no bus carries between processes. */
export function checkApart(roles: readonly Role[]): void {
  const away = ROLES.filter((role) => !roles.includes(role) && !role.onDemand);
  const links = roles.flatMap((role) => [
    ...role.consumes.flatMap((topic) =>
      linksOf(
        topic,
        role,
        away.filter((other) => other.produces.includes(topic)),
      ),
    ),
    ...role.produces.flatMap((topic) =>
      linksOf(
        topic,
        role,
        away.filter((other) => other.consumes.includes(topic)),
      ),
    ),
  ]);
  if (links.length === 0) return;
  throw new RolesApartError(
    `without KAFKA_BROKERS the bus is inside one process, and these roles would not hear each other: ${links.join('; ')}. ` +
      'Set KAFKA_BROKERS in every process, start these roles together, or start all with no names.',
  );
}

function linksOf(topic: Topic, role: Role, others: readonly Role[]): string[] {
  return others.length === 0 ? [] : [`${role.name} shares ${topic} with ${others.map((other) => other.name).join(', ')}`];
}
