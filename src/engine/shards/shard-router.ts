// The way of a command to the writer of its ledger: the shard follows from the ledger's name, the writer is here or behind another process's door.
import { MAIN_LEDGER, MAIN_SHARD, shardOf } from '#core/ledger/shard.ts';
import type { Commands } from '#ports/commands.ts';

export interface ShardWays {
  /** The writer of a shard in this process, or null. */
  readonly here: (shard: number) => Commands | null;
  /** The way to wherever it is otherwise. */
  readonly away: (shard: number) => Commands;
}

export class ShardRouter implements Commands {
  readonly #ways: ShardWays;

  constructor(ways: ShardWays) {
    this.#ways = ways;
  }

  submit(encoded: string, traceparent?: string): Promise<string> {
    const shard = shardOfCommand(encoded);
    return (this.#ways.here(shard) ?? this.#ways.away(shard)).submit(encoded, traceparent);
  }
}

const MEMBER = '"ledgerId":"';
const MAIN_MEMBER = `${MEMBER}${MAIN_LEDGER}`;
const HASH = '","payloadHash":"';
const TAIL = HASH.length + 32 + '"}'.length;

/** Where an encoded envelope belongs. What cannot be read goes to the main shard, whose writer refuses it. */
export function shardOfCommand(encoded: string): number {
  const ledgerId = ledgerIdAtEnd(encoded) ?? ledgerIdIn(encoded);
  return ledgerId === null ? MAIN_SHARD : shardOf(ledgerId);
}

/** Canonical envelopes end with ledger and hash: no need to parse them. A quote inside a string would be escaped, so this is the envelope's own. */
function ledgerIdAtEnd(encoded: string): string | null {
  const end = encoded.length - TAIL;
  if (!encoded.startsWith(HASH, end) || encoded.indexOf('"', end + HASH.length) !== encoded.length - 2) return null;
  if (encoded.startsWith(MAIN_MEMBER, end - MAIN_MEMBER.length)) return MAIN_LEDGER; // nearly all
  const from = encoded.lastIndexOf(MEMBER, end - 1);
  if (from < 0) return null;
  const ledgerId = encoded.slice(from + MEMBER.length, end);
  return PLAIN.test(ledgerId) ? ledgerId : null;
}
const PLAIN = /^[a-z0-9_-]+$/;

function ledgerIdIn(encoded: string): string | null {
  try {
    const { ledgerId } = JSON.parse(encoded) as { ledgerId?: unknown };
    return typeof ledgerId === 'string' ? ledgerId : null;
  } catch {
    return null;
  }
}
