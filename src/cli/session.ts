// What every command needs: the environment, the context, a quiet log, and a tidy end.
import type { Log } from '#ports/log.ts';
import { openContext, type PlatformContext } from '#roles/context.ts';
import { readEnvironment } from '#roles/environment.ts';

/** Warnings and errors go to standard error; results alone go to standard output. */
const quietLog: Log = {
  debug() {},
  info() {},
  warn: (event, fields) => console.error(`warning: ${event} ${JSON.stringify(fields ?? {})}`),
  error: (event, fields) => console.error(`error: ${event} ${JSON.stringify(fields ?? {})}`),
};

export async function withContext<T>(
  use: (context: PlatformContext) => Promise<T>,
  options: { migrate?: boolean } = {},
): Promise<T> {
  const context = await openContext({ environment: readEnvironment(), log: quietLog, ...options });
  try {
    return await use(context);
  } finally {
    await context.close();
  }
}

/** Prints one JSON object, or lets `print` show it to a person. */
export function show<T>(value: T, json: boolean, print: (value: T) => void): void {
  if (json) console.log(JSON.stringify(value, null, 2));
  else print(value);
}
