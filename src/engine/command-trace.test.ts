import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Block } from '#ports/journal.ts';
import type { Facts, Span, SpanName, Traces } from '#ports/traces.ts';
import { CommandTrace } from './command-trace.ts';

interface Told {
  readonly name: SpanName;
  readonly under: string;
  readonly since: number | undefined;
  readonly at: number | undefined;
  readonly facts: Facts | undefined;
}

/** Traces that are written down; a span's traceparent is its name and number. */
function written(): { traces: Traces; told: Told[] } {
  const told: Told[] = [];
  let n = 0;
  const follow: Traces['follow'] = (traceparent, name, start): Span | null =>
    traceparent === undefined
      ? null
      : {
          traceparent: `${name} ${++n}`,
          end: (facts, at) => void told.push({ name, under: traceparent, since: start?.since, at, facts }),
        };
  return { told, traces: { on: true, begin: () => null, follow, close: () => Promise.resolve() } };
}

const block = (blockNo: number, firstSeq: number, lastSeq: number): Block => ({ blockNo, firstSeq, lastSeq }) as Block;
const answer = (seq: number, result: unknown = 'done'): string => JSON.stringify({ commandId: 'c', shard: 0, seq, result });

describe('CommandTrace', () => {
  it('tells of the wait and of the append of the block that a command is in, and names the block for the relay', async () => {
    const { told, traces } = written();
    let now = 100;
    const trace = new CommandTrace(traces, { now: () => now, schedule: () => () => undefined });
    const reply = Promise.withResolvers<string>();
    const answered = trace.over({ submit: () => reply.promise }).submit('{}', 'caller');
    now = 107;
    trace.appended(block(3, 10, 12), 102);
    trace.appended(block(4, 13, 20), 106);
    reply.resolve(answer(12));
    assert.equal(await answered, answer(12));
    assert.deepEqual(told, [
      { name: 'journal.append', under: 'writer.command 1', since: 102, at: 107, facts: { 'palpite.block': 3 } },
      {
        name: 'writer.command',
        under: 'caller',
        since: undefined,
        at: undefined,
        facts: { 'palpite.shard': 0, 'palpite.seq': 12, 'palpite.result': 'done' },
      },
    ]);
    assert.equal(trace.traceparentOf(3), 'journal.append 2');
    assert.equal(trace.traceparentOf(4), undefined);
  });

  it('tells of no append when the command was refused at the door, or had been done before', async () => {
    const { told, traces } = written();
    const trace = new CommandTrace(traces, { now: () => 100, schedule: () => () => undefined });
    const replies = [answer(0, { code: 'busy' }), answer(12)];
    const commands = trace.over({
      async submit() {
        trace.appended(block(3, 10, 12), 50); // began before the command came
        return replies.shift() as string;
      },
    });
    await commands.submit('{}', 'caller');
    await commands.submit('{}', 'caller');
    assert.deepEqual(
      told.map(({ facts, name }) => `${name} ${facts?.['palpite.result']}`),
      ['writer.command busy', 'writer.command done'],
    );
  });

  it('hands a command without a trace on as it is, and remembers no block', async () => {
    const { told, traces } = written();
    const trace = new CommandTrace(traces, { now: () => 0, schedule: () => () => undefined });
    const reply = Promise.resolve(answer(1));
    assert.equal(trace.over({ submit: () => reply }).submit('{}'), reply);
    trace.appended(block(1, 1, 1), 0);
    assert.equal(trace.traceparentOf(1), undefined);
    assert.deepEqual(told, []);
  });
});
