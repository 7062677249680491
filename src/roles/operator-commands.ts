// Commands of an operator at the command line: through the running server's writer when there is one, else by taking the chain for a moment.
import { randomBytes } from 'node:crypto';
import { makeId } from '#core/base/ids.ts';
import type { Command, Lane } from '#core/kernel/command.ts';
import { shardOf } from '#core/ledger/shard.ts';
import { type Answer, encodeEnvelope } from '#engine/envelope.ts';
import { Writer } from '#engine/writer.ts';
import type { PlatformContext } from './context.ts';
import { DoorClient } from '#adapters/door/door-client.ts';
import { internalToken } from './start/internal-token.ts';
import { MAIN_LEDGER } from './ledgers.ts';
import { marketFiles } from './shards/market-files.ts';

export interface OperatorCommand {
  readonly cmd: Command;
  /** `main` unless told. */
  readonly ledgerId?: string;
  readonly lane: Lane;
  readonly ownerId: string;
  readonly tenantId: string;
}

/** Sends one command to its ledger and returns the answer. */
export async function sendCommand(context: PlatformContext, command: OperatorCommand): Promise<Answer> {
  const { cmd, lane, ledgerId = MAIN_LEDGER, ownerId, tenantId } = command;
  const commandId = makeId('cmd', Date.now(), randomBytes(10));
  const actor = { ownerId, tenantId, via: 'operator' } as const;
  const encoded = encodeEnvelope({ commandId, ledgerId, actor, lane, cmd });
  const shard = shardOf(ledgerId);
  // Now it has a writer, or gets one soon where some process writes at all.
  await context.shards.use(shard);
  const running = (await context.shards.view()).writers.length > 0;
  return JSON.parse(
    running ? await submitThroughDoor(context, shard, encoded) : await submitAlone(context, shard, encoded),
  ) as Answer;
}

async function submitThroughDoor(context: PlatformContext, shard: number, encoded: string): Promise<string> {
  const { environment, log } = context;
  const door = new DoorClient({ address: () => context.writerAddress(shard), token: await internalToken(environment), log });
  try {
    return await door.submit(encoded);
  } finally {
    door.close();
  }
}

async function submitAlone(context: PlatformContext, shard: number, encoded: string): Promise<string> {
  const { clock, log, snapshots } = context;
  const lease = { holder: `cli ${process.pid}`, address: '', ttlMs: 10_000 };
  const load = marketFiles(context);
  const writer = new Writer(
    { shard, lease, keysMax: 100_000, load },
    { journal: await context.journal(), snapshots, clock, log },
  );
  if (!(await writer.start()))
    throw new Error('another writer holds the ledger and cannot be reached; try again in a few seconds');
  try {
    return await writer.submit(encoded);
  } finally {
    await writer.stop();
  }
}
