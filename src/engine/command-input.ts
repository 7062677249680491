// Commands that come over the bus: from producers that do not wait for an answer, or recorded ones with their own time.
import type { Message } from '#ports/bus.ts';
import type { Clock } from '#ports/clock.ts';
import { readBatch, type RecordedBatch } from './journal/command-log.ts';
import type { Answer } from './envelope.ts';
import type { Writer } from './writer.ts';

/** A clock that stands still until it is moved. */
export interface SteppedClock extends Clock {
  advance(at: number): void;
  nextAlarmAt(): number;
}

/** Answers that say nothing about the command: the message stays, and is delivered again. */
const RETRY = new Set(['busy', 'writer_moving']);

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
    const answers = await Promise.all(commands.map((encoded) => this.#writer.submit(encoded)));
    for (const text of answers) {
      const { result } = JSON.parse(text) as Answer;
      if (result !== 'done' && RETRY.has(result.code)) throw new Error(`answered ${result.code}`);
    }
  }
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
