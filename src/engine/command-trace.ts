// Traced commands on their way through the writer, watched from outside: the writer itself knows nothing of traces, and a command that carries
// none costs one comparison.
import type { Clock } from '#ports/clock.ts';
import type { Commands } from '#ports/commands.ts';
import type { Block } from '#ports/journal.ts';
import type { Span, Traces } from '#ports/traces.ts';
import type { Answer } from './envelope.ts';

/** Blocks that are remembered until the answers of their commands are out, and until the relay has read them. */
const BLOCKS_MAX = 64;

interface Appended {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly began: number;
  readonly ended: number;
}

export class CommandTrace {
  readonly #traces: Traces;
  readonly #clock: Clock;
  #underWay = 0;
  readonly #appended = new Map<number, Appended>();
  readonly #traceparents = new Map<number, string>();

  constructor(traces: Traces, clock: Clock) {
    this.#traces = traces;
    this.#clock = clock;
  }

  /** The same entrance, watched. */
  over(commands: Commands): Commands {
    return {
      submit: (encoded, traceparent) => {
        const span = this.#traces.follow(traceparent, 'writer.command');
        return span ? this.#submitTraced(commands.submit(encoded), span) : commands.submit(encoded);
      },
    };
  }

  /** A block is durable, and its append began at `began`, ms. */
  appended(block: Block, began: number): void {
    if (this.#underWay === 0) return;
    this.#appended.set(block.blockNo, { firstSeq: block.firstSeq, lastSeq: block.lastSeq, began, ended: this.#clock.now() });
    forgetOldest(this.#appended);
  }

  /** What the events of a block carry on: the trace of one of its commands. */
  traceparentOf(blockNo: number): string | undefined {
    return this.#traceparents.get(blockNo);
  }

  async #submitTraced(answered: Promise<string>, span: Span): Promise<string> {
    const since = this.#clock.now();
    this.#underWay++;
    try {
      const answer = await answered;
      const { result, seq, shard } = JSON.parse(answer) as Answer;
      this.#tellAppend(seq, since, span);
      span.end({ 'palpite.shard': shard, 'palpite.seq': seq, 'palpite.result': result === 'done' ? 'done' : result.code });
      return answer;
    } finally {
      this.#underWay--;
    }
  }

  /** Nothing for a command that waited for no block: it was refused at the door, or had been done before. */
  #tellAppend(seq: number, since: number, span: Span): void {
    for (const [blockNo, { began, ended, firstSeq, lastSeq }] of this.#appended) {
      if (seq < firstSeq || seq > lastSeq || began < since) continue;
      const append = this.#traces.follow(span.traceparent, 'journal.append', { since: began });
      append?.end({ 'palpite.block': blockNo }, ended);
      if (append) this.#traceparents.set(blockNo, append.traceparent);
      forgetOldest(this.#traceparents);
    }
  }
}

function forgetOldest(map: Map<number, unknown>): void {
  if (map.size > BLOCKS_MAX) map.delete(map.keys().next().value as number);
}
