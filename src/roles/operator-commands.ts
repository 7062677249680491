// Commands of an operator at the command line: through the running server's writer when there is one, else by taking the chain for a moment.
import { randomBytes } from 'node:crypto';
import { makeId } from '#core/base/ids.ts';
import type { Command, Lane } from '#core/kernel/command.ts';
import { type Answer, encodeEnvelope } from '#engine/envelope.ts';
import { Writer } from '#engine/writer.ts';
import type { PlatformContext } from './context.ts';
import { DoorClient } from '#adapters/door/door-client.ts';
import { internalToken } from './start/internal-token.ts';
import { MAIN_LEDGER, MAIN_SHARD } from './ledgers.ts';

export interface OperatorCommand {
  readonly cmd: Command;
  readonly lane: Lane;
  readonly ownerId: string;
  readonly tenantId: string;
}

/** Sends one command to the main ledger and returns its answer. */
export async function sendCommand(context: PlatformContext, command: OperatorCommand): Promise<Answer> {
  const { cmd, lane, ownerId, tenantId } = command;
  const commandId = makeId('cmd', Date.now(), randomBytes(10));
  const actor = { ownerId, tenantId, via: 'operator' } as const;
  const encoded = encodeEnvelope({ commandId, ledgerId: MAIN_LEDGER, actor, lane, cmd });
  const running = (await context.writerAddress(MAIN_SHARD)) !== null;
  return JSON.parse(running ? await submitThroughDoor(context, encoded) : await submitAlone(context, encoded)) as Answer;
}

async function submitThroughDoor(context: PlatformContext, encoded: string): Promise<string> {
  const { environment, log } = context;
  const door = new DoorClient({ address: () => context.writerAddress(MAIN_SHARD), token: await internalToken(environment), log });
  try {
    return await door.submit(encoded);
  } finally {
    door.close();
  }
}

async function submitAlone(context: PlatformContext, encoded: string): Promise<string> {
  const { clock, log, snapshots } = context;
  const lease = { holder: `cli ${process.pid}`, address: '', ttlMs: 10_000 };
  const writer = new Writer(
    { shard: MAIN_SHARD, lease, keysMax: 100_000 },
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
