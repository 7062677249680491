import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReasonCode } from '#core/base/refusal.ts';
import { refuse } from '#core/base/refusal.ts';
import { shardOf } from '#core/ledger/shard.ts';
import { isOutage } from '#ports/outage.ts';
import type { ShardsView } from '#ports/shards.ts';
import { CommandInput } from './command-input.ts';
import { encodeAnswer } from './envelope.ts';
import type { Writer } from './writer.ts';

const message = { topic: 'commands', key: '0', id: 'c', type: 'command', v: 1, correlationId: 'c', body: '{"commandId":"c"}' };

/** A writer that gives these answers, the last one for ever; and how often it was asked. */
function answering(...codes: (ReasonCode | 'done')[]): { input: CommandInput; asked: () => number } {
  let asked = 0;
  const submit = (): Promise<string> => {
    const code = codes[Math.min(asked++, codes.length - 1)] as ReasonCode | 'done';
    return Promise.resolve(encodeAnswer({ commandId: 'c', shard: 0, seq: 1, result: code === 'done' ? code : refuse(code) }));
  };
  return { input: new CommandInput({ submit } as unknown as Writer, shardsInUse(0), null), asked: () => asked };
}

/** Shards with these in use, and what else is put in use. */
function shardsInUse(...shards: number[]): {
  inUse: Set<number>;
  use(shard: number): Promise<void>;
  view(): Promise<ShardsView>;
} {
  const inUse = new Set(shards);
  return {
    inUse,
    use: async (shard) => void inUse.add(shard),
    view: async () => ({ writers: ['w'], shards: [...inUse].map((shard) => ({ shard, holder: null })) }),
  };
}

/** Takes one command for a ledger that nobody opened; gives the fault, what was submitted, and the shards in use afterwards. */
async function taken(type: string, ledgerId: string): Promise<{ fault: unknown; submitted: number; inUse: number[] }> {
  let submitted = 0;
  const submit = async (): Promise<string> => {
    submitted++;
    // As of a shard that has no writer: nobody answers.
    if (!shards.inUse.has(shardOf(ledgerId))) throw new Error('no door');
    return encodeAnswer({ commandId: 'c', shard: shardOf(ledgerId), seq: 1, result: 'done' });
  };
  const shards = shardsInUse(0);
  const input = new CommandInput({ submit }, shards, null);
  const body = JSON.stringify({ commandId: 'c', ledgerId, cmd: { type } });
  const fault = await input.take([{ ...message, body }]).catch((error: unknown) => error);
  return { fault, submitted, inUse: [...shards.inUse] };
}

describe('CommandInput', () => {
  for (const code of ['busy', 'writer_moving', 'read_only', 'storage_full', 'outcome_unknown'] as const) {
    it(`asks again while the writer says ${code}: nobody else would`, async () => {
      const { asked, input } = answering(code, code, 'done');
      await input.take([message]);
      assert.equal(asked(), 3);
    });
  }

  it('takes a refusal of the command itself for an answer', async () => {
    const { asked, input } = answering('insufficient_funds', 'done');
    await input.take([message]);
    assert.equal(asked(), 1);
  });

  it('gives the messages back to the bus as what is waited for, not as bad ones, when the writer stays away', async () => {
    const { input } = answering('busy');
    const fault = await input.take([message]).then(
      () => null,
      (error: unknown) => error,
    );
    assert.ok(isOutage(fault), String(fault));
  });

  it('gives up a command for a shard that nobody uses as a bad one, at once, and puts no shard in use for it', async () => {
    const { fault, inUse, submitted } = await taken('IssueFunds', 'mistyped');
    assert.ok(fault instanceof Error && !isOutage(fault), String(fault));
    assert.deepEqual([submitted, inUse], [0, [0]]);
  });

  it('puts a shard in use for a command that opens a ledger there', async () => {
    const { fault, inUse, submitted } = await taken('OpenLedger', 'mistyped');
    assert.deepEqual([fault, submitted, inUse], [undefined, 1, [0, shardOf('mistyped')]]);
  });

  for (const type of ['ReceiveTransfer', 'ConfirmTransfer', 'ReturnTransfer']) {
    it(`believes no ${type} from the bus: it would make money`, async () => {
      const { fault, submitted } = await taken(type, 'main');
      assert.ok(fault instanceof Error && !isOutage(fault), String(fault));
      assert.equal(submitted, 0);
    });
  }

  it('takes any other command for a ledger that is there', async () => {
    const { fault, submitted } = await taken('IssueFunds', 'main');
    assert.deepEqual([fault, submitted], [undefined, 1]);
  });

  it('leaves what cannot be read to the main writer, which refuses it', async () => {
    const { asked, input } = answering('malformed');
    await input.take([{ ...message, body: '{' }]);
    assert.equal(asked(), 1);
  });
});
