// For machines that watch a process which has no gateway: alive, ready, measured. On the internal address, never on the public one.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answers, type ReadinessCheck, readiness, schemaIsCurrent } from '#api/readiness.ts';
import { MIGRATIONS_DIR } from '#adapters/postgres/database.ts';
import { migrationStatus } from '#adapters/postgres/schema/migrate.ts';
import type { Running, Runtime } from '../runtime.ts';

/** `rolesRun` is true once every role of the process runs or stands by. */
export async function startStatusServer(runtime: Runtime, port: number, rolesRun: () => boolean): Promise<Running> {
  const { database, environment, log } = runtime.context;
  const checks: readonly ReadinessCheck[] = [
    answers('database', () => database.pool.query('SELECT 1')),
    schemaIsCurrent(() => migrationStatus(database.pool, { dir: MIGRATIONS_DIR })),
    { name: 'shards', check: () => Promise.resolve(shardsOf(runtime)) },
    { name: 'roles', check: () => Promise.resolve({ ok: rolesRun(), detail: rolesRun() ? 'started' : 'starting' }) },
  ];
  const server = createServer((request, response) => {
    answer(request.url ?? '', response).catch((error: unknown) => {
      log.warn('status.failed', { error: String(error) });
      response.writeHead(500).end();
    });
  });
  const answer = async (url: string, response: ServerResponse): Promise<void> => {
    if (url === '/healthz') return send(response, 200, { status: 'alive' });
    if (url === '/readyz') {
      const state = await readiness(checks, runtime.draining, log);
      return send(response, state.status === 'ready' ? 200 : 503, state);
    }
    if (url !== '/metrics') return send(response, 404, { status: 'there is /healthz, /readyz and /metrics' });
    const { contentType, text } = await runtime.metrics.export();
    response.writeHead(200, { 'content-type': contentType }).end(text);
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, environment.INTERNAL_HOST, resolve);
  });
  log.info('status.listening', { port: (server.address() as AddressInfo).port });
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What this process writes; sound while each of its writers goes on. */
function shardsOf({ writers }: Runtime): { ok: boolean; detail: string } {
  const stuck = [...writers.values()].filter(({ status }) => status === 'fenced' || status === 'read_only'); // one that stops hands over
  if (stuck.length > 0) return { ok: false, detail: stuck.map(({ shard, status }) => `shard ${shard} is ${status}`).join(', ') };
  return {
    ok: true,
    detail: writers.size === 0 ? 'writes none' : `writes ${[...writers.keys()].toSorted((a, b) => a - b).join(', ')}`,
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
