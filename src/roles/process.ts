// One process of Palpite: opens the context, starts roles in order, stops them in the opposite order.
import { pinoLog } from '#adapters/system/pino-log.ts';
import { openContext } from './context.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { rolesNamed } from './roles.ts';
import { makeRuntime, type Running } from './runtime.ts';

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
  const log = pinoLog(environment.LOG_LEVEL);
  const context = await openContext({ environment, log });
  const failure = Promise.withResolvers<string>();
  const runtime = makeRuntime(context, (reason) => failure.resolve(reason));
  const running: { name: string; role: Running }[] = [];
  const stop = async (): Promise<void> => {
    runtime.draining = true;
    for (const { name, role } of running.splice(0).reverse()) {
      await role.stop().catch((error: unknown) => log.error('role.stop_failed', { role: name, error: String(error) }));
    }
    await runtime.bus.close();
    await context.close();
  };
  try {
    const { issued } = await context.keys.createOperator();
    if (issued) console.log(`Operator API key (shown once, keep it): ${issued.apiKey}`);
    for (const { name, start } of roles) {
      running.push({ name, role: await start(runtime) });
      log.info('role.started', { role: name });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { failed: failure.promise, stop };
}
