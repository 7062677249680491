// One process of Palpite: opens the context, starts roles in order, stops them in the opposite order.
import { pinoLog } from '#adapters/system/pino-log.ts';
import { openContext } from './context.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { checkApart, type Role, rolesNamed } from './roles.ts';
import { makeRuntime, type Running, type Runtime } from './runtime.ts';
import { watchServers } from './watch/servers.ts';
import { startStatusServer } from './start/status-server.ts';
import { roleHold, startUnderLease } from './start/standing-by.ts';

export interface PalpiteProcess {
  /** Resolves with the reason when the process cannot go on. */
  readonly failed: Promise<string>;
  stop(): Promise<void>;
}

export async function startProcess(
  names: readonly string[],
  environment: Environment = readEnvironment(),
): Promise<PalpiteProcess> {
  const roles = rolesNamed(names);
  if (environment.KAFKA_BROKERS === undefined) checkApart(roles);
  const log = pinoLog(environment.LOG_LEVEL);
  const context = await openContext({ environment, log });
  const failure = Promise.withResolvers<string>();
  const runtime = await makeRuntime(context, (reason) => failure.resolve(reason));
  const running: { name: string; role: Running }[] = [];
  const stop = async (): Promise<void> => {
    runtime.draining = true;
    for (const { name, role } of running.splice(0).reverse()) {
      await role.stop().catch((error: unknown) => log.error('role.stop_failed', { role: name, error: String(error) }));
    }
    runtime.commands.close();
    await runtime.bus.close();
    await runtime.traces.close();
    runtime.caches.close();
    await context.close();
  };
  try {
    const { issued } = await context.keys.createOperator();
    if (issued) console.log(`Operator API key (shown once, keep it): ${issued.apiKey}`);
    running.push({ name: 'watch', role: watchServers(runtime) });
    let started = false;
    const { STATUS_PORT } = environment;
    if (STATUS_PORT !== undefined)
      running.push({ name: 'status', role: await startStatusServer(runtime, STATUS_PORT, () => started) });
    for (const role of roles) {
      running.push({ name: role.name, role: await startRole(runtime, role) });
      log.info('role.started', { role: role.name });
    }
    started = true;
  } catch (error) {
    await stop();
    throw error;
  }
  return { failed: failure.promise, stop };
}

/** A role of which there may be one runs under a lease; a second process with it stands by. */
function startRole(runtime: Runtime, { instances, name, start }: Role): Promise<Running> {
  if (instances === 'many') return start(runtime);
  return startUnderLease(runtime, { name, hold: roleHold(runtime, name), start: () => start(runtime) });
}
