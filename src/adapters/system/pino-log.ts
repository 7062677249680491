// Structured logs on standard error, one JSON object a line. Field names that may carry secrets are blanked.
import { pino } from 'pino';
import type { Fields, Log } from '#ports/log.ts';

const REDACTED = ['apiKey', 'secret', 'password', 'authorization', 'token', 'url'];

export function pinoLog(level: 'debug' | 'info' | 'warn' | 'error' | 'silent'): Log {
  const logger = pino(
    { level, base: null, redact: REDACTED, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
  const at =
    (name: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: Fields = {}) =>
      logger[name]({ event, ...fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
