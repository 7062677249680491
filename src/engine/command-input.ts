// Commands that come over the bus: from producers that do not wait for an answer, or recorded ones with their own time.
import { setTimeout as sleep } from 'node:timers/promises';
import { httpStatusOf } from '#core/base/refusal.ts';
import type { Message } from '#ports/bus.ts';
import type { Clock } from '#ports/clock.ts';
import type { Commands } from '#ports/commands.ts';
import { OutageError } from '#ports/outage.ts';
import { readBatch, type RecordedBatch } from './journal/command-log.ts';
import type { Answer } from './envelope.ts';
import type { Writer } from './writer.ts';

/** A clock that stands still until it is moved. */
export interface SteppedClock extends Clock {
  advance(at: number): void;
  nextAlarmAt(): number;
}

/** A writer that lives in the time of a recording. */
export interface Recorded {
  readonly writer: Writer;
  readonly clock: SteppedClock;
}

/** Of answers that say nothing about the command, only that the writer cannot take it now. Nobody waits for the answer: it is asked again. */
const NOT_NOW = 503;
const BUSY_PAUSE_MS = 50;
/** After this the messages go back to the bus, which delivers them again. */
const BUSY_MS_MAX = 5_000;

/** Handles messages of the topic `commands`. Throws when one has to be delivered again or cannot be read. */
export class CommandInput {
  readonly #commands: Commands;
  readonly #recorded: Recorded | null;

  /** Commands go where their ledger is written; a recording, to a writer that lives in its time. */
  constructor(commands: Commands, recorded: Recorded | null) {
    this.#commands = commands;
    this.#recorded = recorded;
  }

  async take(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      if (message.v !== 1) throw new Error(`commands carries no ${message.type} v${message.v}`);
      if (message.type === 'command') await submitAll(this.#commands, [message.body]);
      else if (message.type === 'batch') await this.#play(readBatch(message));
      else throw new Error(`commands carries no ${message.type}`);
    }
  }

  async #play({ at, commands, quotes }: RecordedBatch): Promise<void> {
    if (!this.#recorded) throw new Error('recorded commands need CLOCK=recorded: their time is not now');
    const { clock, writer } = this.#recorded;
    await stepTo(clock, writer, at);
    for (const quote of quotes) writer.putQuote(quote);
    await submitAll(writer, commands);
    await writer.quiesce();
  }
}

/** All at once, so that they are decided in one block where they were before. */
async function submitAll(to: Commands, commands: readonly string[]): Promise<void> {
  const until = performance.now() + BUSY_MS_MAX;
  for (let left = commands; left.length > 0;) {
    const answers = await Promise.all(left.map((encoded) => to.submit(encoded).catch(() => null)));
    left = left.filter((_, i) => isPutOff(answers[i] ?? null));
    if (left.length === 0) return;
    if (performance.now() > until) throw new OutageError(`the writer is busy for ${BUSY_MS_MAX} ms`);
    await sleep(BUSY_PAUSE_MS);
  }
}

/** Null: no answer came from the process where the writer is; the same key finds out. */
function isPutOff(answer: string | null): boolean {
  if (answer === null) return true;
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
