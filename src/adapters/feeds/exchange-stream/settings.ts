// Where the exchange stream is and how to get in, from the environment. Off unless EXCHANGE_STREAM names a host; secrets may come from files
// (EXCHANGE_APP_KEY_FILE, EXCHANGE_SESSION_FILE), which are read anew at each connection, because sessions end and are renewed there.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Credentials, Subscription } from './session.ts';

export interface ExchangeSettings {
  readonly host: string;
  readonly port: number;
  readonly subscription: Subscription;
  readonly credentials: () => Promise<Credentials>;
}

/** Secrets by name; each is there as NAME or as NAME_FILE. */
const SECRETS = ['EXCHANGE_APP_KEY', 'EXCHANGE_SESSION'] as const;
const SECRET_CHARS_MAX = 4_096;

const SUBSCRIPTION = z.strictObject({
  marketFilter: z.record(z.string(), z.unknown()),
  fields: z.array(z.string()).optional(),
  ladderLevels: z.number().int().min(1).max(10).optional(),
  heartbeatMs: z.number().int().min(500).max(5_000).optional(),
  conflateMs: z.number().int().min(0).max(120_000).optional(),
});
/** Football, main markets. */
const DEFAULT_SUBSCRIPTION = {
  marketFilter: { eventTypeIds: ['1'], marketTypes: ['MATCH_ODDS', 'OVER_UNDER_25', 'BOTH_TEAMS_TO_SCORE', 'ASIAN_HANDICAP'] },
};

type Source = Readonly<Record<string, string | undefined>>;

/** Null when the exchange stream is off; throws with every fault when it is on and cannot work. */
export function readExchangeSettings(source: Source): ExchangeSettings | null {
  const address = source['EXCHANGE_STREAM'];
  if (address === undefined || address === '') return null;
  const faults: string[] = [];
  const [host, port] = address.split(':') as [string, string?];
  const portNumber = Number(port ?? 443);
  if (host === '' || !Number.isInteger(portNumber) || portNumber < 1 || portNumber > 65_535 || address.split(':').length > 2)
    faults.push('EXCHANGE_STREAM must be host or host:port');
  for (const name of SECRETS) {
    const given = [name, `${name}_FILE`].filter((one) => (source[one] ?? '') !== '');
    if (given.length !== 1) faults.push(`set ${given.length === 0 ? '' : 'only one of '}${name} or ${name}_FILE`);
  }
  const subscription = subscriptionIn(source['EXCHANGE_SUBSCRIPTION'], faults);
  if (faults.length > 0) throw new Error(`the exchange stream cannot be read: ${faults.join('; ')}`);
  const credentials = async (): Promise<Credentials> => ({
    appKey: await secretOf(source, 'EXCHANGE_APP_KEY'),
    session: await secretOf(source, 'EXCHANGE_SESSION'),
  });
  return { host, port: portNumber, subscription, credentials };
}

function subscriptionIn(text: string | undefined, faults: string[]): Subscription {
  if (text === undefined || text === '') return DEFAULT_SUBSCRIPTION;
  try {
    const { success, data, error } = SUBSCRIPTION.safeParse(JSON.parse(text));
    // Absent and undefined are one here: what is undefined is not sent.
    if (success) return data as Subscription;
    faults.push(`EXCHANGE_SUBSCRIPTION: ${error.issues.map(({ message, path }) => `${path.join('.')} ${message}`).join(', ')}`);
  } catch {
    faults.push('EXCHANGE_SUBSCRIPTION is not JSON');
  }
  return DEFAULT_SUBSCRIPTION;
}

async function secretOf(source: Source, name: (typeof SECRETS)[number]): Promise<string> {
  const file = source[`${name}_FILE`];
  const secret = file ? (await readFile(file, 'utf8')).trim() : (source[name] ?? '');
  if (secret === '' || secret.length > SECRET_CHARS_MAX) throw new Error(`${name} is empty or too long`);
  return secret;
}
