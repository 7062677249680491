// Carries the money that ledgers of one shard sent to others. What is on its way is in the writer's own state, so that nothing else has to be
// remembered: kill the process anywhere, and the next holder of the shard goes on. It acts only on what is durable; the receiving ledger's verdict
// is journalled there under a key that follows from the transfer, so that asking again gives the same verdict; and only the sending ledger's
// own writer, here, is told of it.
import { deriveId } from '#core/base/ids.ts';
import { httpStatusOf, type ReasonCode, type Refusal } from '#core/base/refusal.ts';
import type { Command } from '#core/kernel/command.ts';
import { holderOf, type LedgerState } from '#core/kernel/state.ts';
import { shardOf } from '#core/ledger/shard.ts';
import type { OpenTransfer } from '#core/ledger/transfers.ts';
import type { Clock } from '#ports/clock.ts';
import type { Commands } from '#ports/commands.ts';
import type { Log } from '#ports/log.ts';
import type { Shards } from '#ports/shards.ts';
import type { Writer } from '../writer.ts';
import { courierAsk } from './courier-ask.ts';
import { type Errand, type ErrandEnd, Errands } from './errands.ts';

export interface CourierPorts {
  readonly writer: Pick<Writer, 'decidedSeq' | 'epoch' | 'place' | 'shard' | 'state' | 'status' | 'submit'>;
  /** The way to the writers of all ledgers. */
  readonly commands: Commands;
  readonly shards: Pick<Shards, 'use'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keys that somebody else may have used before it is given up for now. */
const KEYS_MAX = 8;

/** Refusals that decide() alone gives, which are therefore journalled: the same key gets them again. */
const FINAL: ReadonlySet<ReasonCode> = new Set([
  'not_found',
  'currency_mismatch',
  'same_ledger',
  'dead',
  'limit_house',
  'quarantined',
]);

/** Of refusals that say nothing about the transfer, only that the writer cannot take it now. */
const NOT_NOW = 503;

/** True when the clock there is behind the one that stamped the transfer. */
function isAhead({ code, path }: Refusal): boolean {
  return code === 'malformed' && path === '/commandId';
}

interface Carried extends Errand {
  readonly ledger: LedgerState;
  readonly transfer: OpenTransfer;
}

type Known = 'arrived' | { readonly refused: ReasonCode };
type Verdict = Known | 'later' | 'stuck';

export class TransferCourier {
  readonly #ports: CourierPorts;
  readonly #errands: Errands<Carried>;
  readonly #shardsUsed = new Set<number>();

  constructor(ports: CourierPorts) {
    this.#ports = ports;
    this.#errands = new Errands(ports, {
      waiting: (isFree) => this.#waiting(isFree),
      run: (carried) => this.#carry(carried),
    });
  }

  /** Transfers of this shard whose end is not known yet. */
  get open(): number {
    let open = 0;
    for (const ledger of this.#ports.writer.state?.ledgers.values() ?? []) open += ledger.transfers.openCount;
    return open;
  }

  start(): void {
    this.#errands.start();
  }

  /** A block was committed. Costs next to nothing while no money is on its way. */
  notify(): void {
    if (this.open > 0) this.#errands.signal();
  }

  stop(): Promise<void> {
    return this.#errands.stop();
  }

  *#waiting(isFree: (errand: Errand) => boolean): IterableIterator<Carried> {
    for (const ledger of this.#ports.writer.state?.ledgers.values() ?? []) {
      for (const transfer of ledger.transfers.open()) {
        const carried = { key: transfer.transferId, shard: shardOf(transfer.toLedger), ledger, transfer };
        if (isFree(carried)) yield carried;
      }
    }
  }

  async #carry(carried: Carried): Promise<ErrandEnd> {
    const verdict = await this.#deliver(carried);
    if (verdict === 'later' || verdict === 'stuck') return verdict;
    return !this.#errands.stopped && (await this.#close(carried, verdict)) ? 'done' : 'later';
  }

  async #deliver({ ledger, transfer }: Carried): Promise<Verdict> {
    const { amountMinor, holder: fromHolder, sentAt, toHolder, toLedger, transferId } = transfer;
    const sender = holderOf(ledger, fromHolder);
    if (!sender) throw new Error(`${fromHolder} sent ${transferId} and is not there`);
    const { ownerId, tenantId } = sender;
    const facts = { transferId, fromLedger: ledger.ledgerId, fromHolder, holder: toHolder, amountMinor, sentAt };
    const cmd = { type: 'ReceiveTransfer', ...facts, ownerId, tenantId, currency: ledger.currency } as const;
    await this.#use(shardOf(toLedger));
    for (let n = 0; n < KEYS_MAX; n++) {
      // Derived from what happened, never from now: asked again it is the same command.
      const commandId = deriveId('cmd', sentAt, `receive ${ledger.ledgerId} ${transferId} ${n}`);
      const refusal = await courierAsk(this.#ports.commands, { commandId, ledgerId: toLedger, tenantId, lane: 'facts', cmd });
      if (refusal?.code !== 'duplicate_key_other_payload') return this.#verdict(transferId, refusal);
    }
    return 'stuck';
  }

  #verdict(transferId: string, refusal: Refusal | null): Verdict {
    if (refusal === null || refusal.code === 'already_resolved') return 'arrived';
    if (FINAL.has(refusal.code)) return { refused: refusal.code };
    if (refusal.next === 'retry' || httpStatusOf(refusal.code) === NOT_NOW || isAhead(refusal)) return 'later';
    // Too old to be judged: nobody knows any more whether it arrived, and nothing is guessed.
    this.#ports.log.error('courier.stuck', { transferId, code: refusal.code });
    return 'stuck';
  }

  /** True when the sending ledger took note, or had done so before. */
  async #close({ ledger, transfer }: Carried, verdict: Known): Promise<boolean> {
    const { clock, writer } = this.#ports;
    const { transferId } = transfer;
    const cmd: Command =
      verdict === 'arrived'
        ? { type: 'ConfirmTransfer', transferId }
        : { type: 'ReturnTransfer', transferId, reason: verdict.refused };
    const commandId = deriveId('cmd', clock.now(), `close ${ledger.ledgerId} ${transferId}`);
    // Only this writer may be told: one that was fenced meanwhile must not give back what its successor has delivered.
    const refusal = await courierAsk(writer, { commandId, ledgerId: ledger.ledgerId, tenantId: 'system', lane: 'facts', cmd });
    return refusal === null || refusal.code === 'already_resolved';
  }

  async #use(shard: number): Promise<void> {
    if (this.#shardsUsed.has(shard)) return;
    await this.#ports.shards.use(shard);
    this.#shardsUsed.add(shard);
  }
}
