// Commands that come over the bus: from producers that do not wait for an answer, or recorded ones with their own time.
import { setTimeout as sleep } from 'node:timers/promises';
import { httpStatusOf } from '#core/base/refusal.ts';
import type { CommandType } from '#core/kernel/command.ts';
import type { Message } from '#ports/bus.ts';
import type { Clock } from '#ports/clock.ts';
import type { Commands } from '#ports/commands.ts';
import { OutageError } from '#ports/outage.ts';
import type { Shards } from '#ports/shards.ts';
import { readBatch, type RecordedBatch } from './journal/command-log.ts';
import type { Answer } from './envelope.ts';
import { shardOfCommand } from './shards/shard-router.ts';
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

/** The courier's own: it asks the writers itself, and money would come into being if another told them that some was sent, or came back. */
const NEVER_FROM_BUS: ReadonlySet<unknown> = new Set<CommandType>(['ReceiveTransfer', 'ConfirmTransfer', 'ReturnTransfer']);

/** Handles messages of the topic `commands`. Throws when one has to be delivered again or cannot be read. */
export class CommandInput {
  readonly #commands: Commands;
  readonly #shards: Pick<Shards, 'use' | 'view'>;
  readonly #recorded: Recorded | null;
  /** A shard that was once in use stays so. */
  readonly #inUse = new Set<number>();

  /** Commands go where their ledger is written; a recording, to a writer that lives in its time. */
  constructor(commands: Commands, shards: Pick<Shards, 'use' | 'view'>, recorded: Recorded | null) {
    this.#commands = commands;
    this.#shards = shards;
    this.#recorded = recorded;
  }

  async take(messages: readonly Message[]): Promise<void> {
    for (const message of messages) {
      if (message.v !== 1) throw new Error(`commands carries no ${message.type} v${message.v}`);
      if (message.type === 'command') await this.#pass(message.body);
      else if (message.type === 'batch') await this.#play(readBatch(message));
      else throw new Error(`commands carries no ${message.type}`);
    }
  }

  async #pass(encoded: string): Promise<void> {
    const type = typeOf(encoded);
    if (NEVER_FROM_BUS.has(type)) throw new Error(`${String(type)} is not taken from the bus`);
    await this.#needWriter(encoded, type);
    await submitAll(this.#commands, [encoded]);
  }

  /**
   * Where nobody writes there is no ledger: a command for one would wait for ever and hold up all behind it. Only one that opens a ledger puts
   * its shard in use, so that mistyped names do not fill the writers with empty shards.
   */
  async #needWriter(encoded: string, type: unknown): Promise<void> {
    const shard = shardOfCommand(encoded);
    if (this.#inUse.has(shard)) return;
    if (type === 'OpenLedger') await this.#shards.use(shard);
    for (const row of (await this.#shards.view()).shards) this.#inUse.add(row.shard);
    if (!this.#inUse.has(shard)) throw new Error(`there is no such ledger: nobody uses shard ${shard}`);
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

/** What a command says it is; null where that cannot be read. */
function typeOf(encoded: string): unknown {
  try {
    return (JSON.parse(encoded) as { cmd?: { type?: unknown } } | null)?.cmd?.type ?? null;
  } catch {
    return null;
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
