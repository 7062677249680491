// Answers of the supplier, as they come over the bus, become commands. Ids of commands follow from what was said, so that the same message again is
// the same command; what no ledger can make sense of goes to the dead letters.
import { deriveId } from '#core/base/ids.ts';
import { httpStatusOf, type Refusal } from '#core/base/refusal.ts';
import { isToken } from '#core/base/token.ts';
import type { Command } from '#core/kernel/command.ts';
import { shardOf } from '#core/ledger/shard.ts';
import type { Bus, Message, Subscription } from '#ports/bus.ts';
import type { Clock } from '#ports/clock.ts';
import type { Commands } from '#ports/commands.ts';
import { OutageError } from '#ports/outage.ts';
import type { Shards } from '#ports/shards.ts';
import { bodyOf } from '../bus/message-table.ts';
import { type Answer, encodeEnvelope } from '../envelope.ts';
import type { ConfirmedBet } from './confirmer.ts';

export interface ConfirmationInputOptions {
  readonly bus: Bus;
  readonly commands: Commands;
  readonly shards: Pick<Shards, 'view'>;
  readonly clock: Clock;
}

const GROUP = 'confirmation';
const OWNER = 'supplier';
/** Of answers that say nothing about the command, only that the writer cannot take it now. */
const NOT_NOW = 503;
const BUSY_PAUSE_MS = 50;
const BUSY_ATTEMPTS = 40;

export class ConfirmationInput {
  readonly #options: ConfirmationInputOptions;
  readonly #inUse = new Set<number>();
  #subscription: Subscription | null = null;

  constructor(options: ConfirmationInputOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#subscription = await this.#options.bus.subscribe('bet_confirmed', GROUP, async (messages) => {
      for (const message of messages) await this.#take(message);
    });
  }

  async stop(): Promise<void> {
    await this.#subscription?.close();
  }

  async #take(message: Message): Promise<void> {
    const answer = bodyOf<ConfirmedBet>(message);
    await this.#needWriter(answer.ledgerId);
    const { at, betId, ledgerId, providerRef = '', reason = '', status } = answer;
    const { clock } = this.#options;
    const name = `bet_confirmed ${ledgerId} ${betId} ${status} ${at} ${providerRef} ${reason}`;
    // Never an id that the writer would call the future; one that is too old to be a key gets a new one, and the bet's own state decides.
    const refusal = (await this.#submit(deriveId('cmd', Math.min(at, clock.now()), name), answer)) ?? null;
    const judged = refusal?.code === 'key_expired' ? await this.#submit(deriveId('cmd', clock.now(), name), answer) : refusal;
    if (judged !== null && judged.code !== 'already_resolved')
      throw new Error(`${ledgerId} refuses the answer about ${betId}: ${judged.code} ${judged.path ?? ''}`.trim());
  }

  async #submit(commandId: string, answer: ConfirmedBet): Promise<Refusal | null> {
    const { clock, commands } = this.#options;
    const actor = { ownerId: OWNER, tenantId: 'system', via: 'worker' } as const;
    const encoded = encodeEnvelope({ commandId, ledgerId: answer.ledgerId, actor, lane: 'facts', cmd: commandOf(answer) });
    for (let attempt = 0; attempt < BUSY_ATTEMPTS; attempt++) {
      const result = await commands.submit(encoded).then(
        (text) => (JSON.parse(text) as Answer).result,
        () => null, // unknown: the same key finds out
      );
      if (result === 'done') return null;
      if (result && httpStatusOf(result.code) !== NOT_NOW) return result;
      await new Promise<void>((done) => clock.schedule(clock.now() + BUSY_PAUSE_MS, done));
    }
    throw new OutageError(`the writer did not take the answer about ${answer.betId}`);
  }

  /** Where nobody writes there is no ledger, and an answer for it would hold up all behind it. */
  async #needWriter(ledgerId: string): Promise<void> {
    const shard = shardOf(ledgerId);
    if (this.#inUse.has(shard)) return;
    for (const row of (await this.#options.shards.view()).shards) this.#inUse.add(row.shard);
    if (!this.#inUse.has(shard)) throw new Error(`there is no ledger ${ledgerId}: nobody uses shard ${shard}`);
  }
}

/** The journal takes words only: what the supplier wrote besides stays in the message. */
function commandOf({ at, betId, providerRef, reason, status }: ConfirmedBet): Command {
  const named = isToken(providerRef) ? { providerRef } : {};
  if (status === 'confirmed') return { type: 'ConfirmBet', betId, answeredAt: at, ...named };
  return { type: 'RejectBet', betId, answeredAt: at, ...named, reason: isToken(reason) ? reason : 'supplier_rejected' };
}
