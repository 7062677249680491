// Commands that come over the bus: from producers that do not wait for an answer, or recorded ones with their own time.
import { setTimeout as sleep } from 'node:timers/promises';
import { httpStatusOf } from '#core/base/refusal.ts';
import type { Message } from '#ports/bus.ts';
import type { Clock } from '#ports/clock.ts';
import { OutageError } from '#ports/outage.ts';
import { readBatch, type RecordedBatch } from './journal/command-log.ts';
import type { Answer } from './envelope.ts';
import type { Writer } from './writer.ts';

/** A clock that stands still until it is moved. */
export interface SteppedClock extends Clock {
  advance(at: number): void;
  nextAlarmAt(): number;
}

/** Of answers that say nothing about the command, only that the writer cannot take it now. Nobody waits for the answer: it is asked again. */
const NOT_NOW = 503;
const BUSY_PAUSE_MS = 50;
/** After this the messages go back to the bus, which delivers them again. */
const BUSY_MS_MAX = 5_000;

/** Handles messages of the topic `commands`. Throws when one has to be delivered again or cannot be read. */
export class CommandInput {
  readonly #writer: Writer;
  readonly #clock: SteppedClock | null;

  /** `clock` is the writer's own when it follows recorded time. */
  constructor(writer: Writer, clock: SteppedClock | null) {
    this.#writer = writer;
    this.#clock = clock;
  }

  async take(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      if (message.v !== 1) throw new Error(`commands carries no ${message.type} v${message.v}`);
      if (message.type === 'command') await this.#submit([message.body]);
      else if (message.type === 'batch') await this.#play(readBatch(message));
      else throw new Error(`commands carries no ${message.type}`);
    }
  }

  async #play({ at, commands, quotes }: RecordedBatch): Promise<void> {
    if (!this.#clock) throw new Error('recorded commands need CLOCK=recorded: their time is not now');
    await stepTo(this.#clock, this.#writer, at);
    for (const quote of quotes) this.#writer.putQuote(quote);
    await this.#submit(commands);
    await this.#writer.quiesce();
  }

  /** All at once, so that they are decided in one block where they were before. */
  async #submit(commands: readonly string[]): Promise<void> {
    const until = performance.now() + BUSY_MS_MAX;
    for (let left = commands; left.length > 0;) {
      const answers = await Promise.all(left.map((encoded) => this.#writer.submit(encoded)));
      left = left.filter((_, i) => isPutOff(answers[i] as string));
      if (left.length === 0) return;
      if (performance.now() > until) throw new OutageError(`the writer is busy for ${BUSY_MS_MAX} ms`);
      await sleep(BUSY_PAUSE_MS);
    }
  }
}

function isPutOff(answer: string): boolean {
  const { result } = JSON.parse(answer) as Answer;
  return result !== 'done' && httpStatusOf(result.code) === NOT_NOW;
}

/** Moves time, letting each timer fire at its own moment. */
export async function stepTo(
  clock: Pick<SteppedClock, 'advance' | 'nextAlarmAt'>,
  writer: Pick<Writer, 'quiesce'>,
  at: number,
): Promise<void> {
  while (clock.nextAlarmAt() < at) {
    clock.advance(clock.nextAlarmAt());
    await writer.quiesce();
  }
  clock.advance(at);
  await writer.quiesce();
}
