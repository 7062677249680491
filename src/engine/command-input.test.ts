import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReasonCode } from '#core/base/refusal.ts';
import { refuse } from '#core/base/refusal.ts';
import { isOutage } from '#ports/outage.ts';
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
  return { input: new CommandInput({ submit } as unknown as Writer, null), asked: () => asked };
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
});
