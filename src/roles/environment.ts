// The one schema of the environment. Secrets may come from NAME_FILE instead of NAME. Every fault is listed at once.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { readOfferKeys } from '#adapters/auth/offer-keys.ts';
import { readSubscription } from '#adapters/feeds/exchange-stream/settings.ts';
import { readSupplier } from './suppliers.ts';

const port = z.coerce.number().int().min(0).max(65_535);

const login = z.string().regex(/^[^:\s]+:\S+$/, 'must be user:password');
const supplier = readBy(readSupplier);
const secret = z.string().min(1).max(4_096);

/** A text that `read` understands. */
function readBy(read: (text: string) => unknown): z.ZodString {
  return z.string().superRefine((text, context) => {
    try {
      read(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });
}

export const ENVIRONMENT = {
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
    .optional()
    .describe('Another PostgreSQL than the embedded one'),
  PALPITE_DATA: z.string().min(1).default('./data').describe('Folder of the embedded database and of exported heads'),
  PALPITE_KEY: secret.optional().describe('API key of who acts at the command line; without it the first operator does'),
  BACKUP_DIR: z
    .string()
    .min(1)
    .optional()
    .describe('Folder of the backups, best on another disk; without it `backups` beside the database'),
  BACKUP_KEEP: z.coerce.number().int().min(1).max(1_000).default(7).describe('Base backups that `backup create` keeps'),
  BACKUP_EVERY_HOURS: z.coerce
    .number()
    .int()
    .min(0)
    .max(8_760)
    .default(0)
    .describe('A base backup of the embedded database is made so often, hours; 0 never makes one'),
  DISK_FREE_MIN_MB: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(1_024)
    .describe('Bets are refused while the disk of the database has less free than this, MB; 0 never refuses'),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address the API listens on'),
  PORT: port.default(8080).describe('Port of the API'),
  KAFKA_BROKERS: z
    .string()
    .regex(/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/, 'must be host:port, several separated by commas')
    .optional()
    .describe('Kafka brokers that carry messages between processes; without it the bus is inside one process'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must start with redis:// or rediss://')
    .optional()
    .describe('Redis for hot prices, rate limits and push to many gateways; without it they are kept in the process'),
  INTERNAL_HOST: z.string().min(1).default('127.0.0.1').describe('Address at which this process is reached by the others'),
  INTERNAL_TOKEN: z
    .string()
    .min(32, 'must have at least 32 characters')
    .optional()
    .describe('Secret that processes show each other; without it a file in PALPITE_DATA'),
  OFFER_KEYS: z
    .string()
    .refine((text) => readOfferKeys(text) !== null, 'must be id:secret,id:secret with secrets of at least 32 characters')
    .optional()
    .describe(
      'Keys that sign cash-out offers, `id:secret`, several separated by commas: the first signs, all verify; without them one made from INTERNAL_TOKEN',
    ),
  DOOR_PORT: port
    .default(0)
    .describe('Port on INTERNAL_HOST where a writer takes commands of other processes; 0 chooses a free one'),
  STATUS_PORT: port
    .optional()
    .describe('Port on INTERNAL_HOST where /healthz, /readyz and /metrics of this process are; none without it'),
  SUPPLIER_PORT: port.default(0).describe('Port of the supplier simulator; 0 chooses a free one'),
  SUPPLIER_URL: supplier
    .optional()
    .describe(
      'A supplier to use instead of the simulator: `ws(s)://` a stream, `http(s)://` polled, `exchange://` an exchange stream, `file:///` a recording',
    ),
  SUPPLIER_URL_2: supplier
    .optional()
    .describe('A second supplier: each market has its price from the first of them that is confirmed'),
  CONFIRM_URL: z
    .string()
    .regex(/^https?:\/\//, 'must start with http:// or https://')
    .optional()
    .describe('Supplier who is asked about bets that need his answer (PUT and GET `/bets/ID`); without it the simulator'),
  CONFIRM_TOKEN: z.string().min(1).optional().describe('Bearer token for CONFIRM_URL'),
  SUPPLIER_LOGIN: login.optional().describe('`user:password` of a polled supplier'),
  SUPPLIER_LOGIN_2: login.optional().describe('`user:password` of the second supplier'),
  EXCHANGE_APP_KEY: secret.optional().describe('Application key of an `exchange://` supplier'),
  EXCHANGE_SESSION: secret
    .optional()
    .describe('Its session; from a file it is read anew at each connection, so that a renewed one counts'),
  EXCHANGE_SUBSCRIPTION: readBy(readSubscription)
    .optional()
    .describe(
      'What is asked of it: JSON with `marketFilter`, and `fields`, `ladderLevels`, `heartbeatMs`, `conflateMs` if wanted',
    ),
  BOTS: z.coerce.number().int().min(0).max(10_000).default(50).describe('Size of the bot population'),
  SEED: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1)
    .describe('Seed of the population and of the simulated world'),
  CLOCK: z
    .enum(['system', 'recorded'])
    .default('system')
    .describe('`recorded`: the writer lives in the time of a recorded command log and does nothing but play it'),
  RECORDING: z.string().min(1).optional().describe('Command log that the replayer role plays'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .regex(/^https?:\/\//, 'must start with http:// or https://')
    .optional()
    .describe('Collector that takes traces as OTLP over HTTP (JSON); nothing is traced without it'),
  OTEL_SERVICE_NAME: z.string().min(1).default('palpite').describe('Name of this installation in traces'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('Share of prices and requests that are traced, 0 to 1; callers who trace themselves are followed'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('How much is logged'),
  ALLOWED_ORIGINS: z.string().default('').describe('Origins, separated by commas, that may open sockets besides our own'),
  TRUST_PROXY: z.string().default('').describe('Addresses of proxies whose X-Forwarded-For is believed, separated by commas'),
} as const;

const SCHEMA = z.object(ENVIRONMENT);
export type Environment = z.infer<typeof SCHEMA> & {
  readonly dataDir: string;
  /** By name of a setting: the file that it was read from. */
  readonly files: Readonly<Record<string, string>>;
};

export interface EnvironmentFault {
  readonly name: string;
  readonly message: string;
}

export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  readonly faults: readonly EnvironmentFault[];

  constructor(faults: readonly EnvironmentFault[]) {
    super(`The environment has ${faults.length} fault(s):\n${faults.map((f) => `  ${f.name}: ${f.message}`).join('\n')}`);
    this.faults = faults;
  }
}

type Source = Readonly<Record<string, string | undefined>>;

/** Reads the environment; throws EnvironmentError with all faults. */
export function readEnvironment(source: Source = process.env): Environment {
  const { faults, values } = checkEnvironment(source);
  if (!values) throw new EnvironmentError(faults);
  return values;
}

export function checkEnvironment(source: Source): {
  faults: EnvironmentFault[];
  warnings: EnvironmentFault[];
  values: Environment | null;
} {
  const faults: EnvironmentFault[] = [];
  const given: Record<string, string> = {};
  for (const name of Object.keys(ENVIRONMENT)) {
    const value = valueOf(source, name, faults);
    if (value !== undefined && value !== '') given[name] = value;
  }
  const parsed = SCHEMA.safeParse(given);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) faults.push({ name: String(issue.path[0] ?? ''), message: issue.message });
  }
  if (Object.keys(given).some((name) => name.startsWith('SUPPLIER_URL') && given[name]?.startsWith('exchange:'))) {
    for (const name of ['EXCHANGE_APP_KEY', 'EXCHANGE_SESSION'])
      if (given[name] === undefined) faults.push({ name, message: 'is needed for an exchange:// supplier' });
  }
  const warnings = unknownNames(source);
  if (faults.length > 0 || !parsed.success) return { faults, warnings, values: null };
  const files = Object.keys(given).flatMap((name) => (source[`${name}_FILE`] ? [[name, source[`${name}_FILE`]]] : []));
  return {
    faults,
    warnings,
    values: { ...parsed.data, dataDir: resolve(parsed.data.PALPITE_DATA), files: Object.fromEntries(files) },
  };
}

function valueOf(source: Source, name: string, faults: EnvironmentFault[]): string | undefined {
  const file = source[`${name}_FILE`];
  if (file === undefined || file === '') return source[name];
  if (source[name] !== undefined) faults.push({ name, message: `set either ${name} or ${name}_FILE, not both` });
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    faults.push({ name: `${name}_FILE`, message: `cannot be read: ${(error as Error).message}` });
    return undefined;
  }
}

/** Names that look like ours but are not: a misspelt setting is worse than none. */
function unknownNames(source: Source): EnvironmentFault[] {
  return Object.keys(source)
    .filter(
      (name) =>
        name.startsWith('PALPITE_') &&
        !Object.hasOwn(ENVIRONMENT, name) &&
        !Object.hasOwn(ENVIRONMENT, name.replace(/_FILE$/, '')),
    )
    .map((name) => ({ name, message: 'is not a known setting' }));
}
