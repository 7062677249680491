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
import { type Answer, encodeEnvelope } from '../envelope.ts';
import type { Writer } from '../writer.ts';

export interface CourierPorts {
  readonly writer: Pick<Writer, 'decidedSeq' | 'epoch' | 'place' | 'shard' | 'state' | 'status' | 'submit'>;
  /** The way to the writers of all ledgers. */
  readonly commands: Commands;
  readonly shards: Pick<Shards, 'use'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Transfers carried at once; the others wait in the ledger. */
const UNDER_WAY_MAX = 256;
/** Of these, to one shard: one that does not answer must not keep money from the others. */
const UNDER_WAY_MAX_PER_SHARD = 16;
const RETRY_MS = { first: 100, max: 5_000 };
/** One that nobody can judge any more is looked at again after this long, ms. */
const STUCK_MS = 600_000;
/** A commit under way is looked at again after this long, ms. */
const COMMIT_MS = 5;
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

interface Task {
  readonly ledger: LedgerState;
  readonly transfer: OpenTransfer;
}

type Known = 'arrived' | { readonly refused: ReasonCode };
type Verdict = Known | 'later' | 'stuck';

export class TransferCourier {
  readonly #ports: CourierPorts;
  /** The shards that they go to, by transfer. */
  readonly #underWay = new Map<string, number>();
  readonly #later = new Map<string, { readonly attempt: number; readonly at: number }>();
  readonly #shardsUsed = new Set<number>();
  #stopped = false;
  #signalled = false;
  #running: Promise<void> = Promise.resolve();
  #wake: (() => void) | null = null;

  constructor(ports: CourierPorts) {
    this.#ports = ports;
  }

  /** Transfers of this shard whose end is not known yet. */
  get open(): number {
    let open = 0;
    for (const ledger of this.#ports.writer.state?.ledgers.values() ?? []) open += ledger.transfers.openCount;
    return open;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** A block was committed. Costs next to nothing while no money is on its way. */
  notify(): void {
    if (this.open > 0) this.#signal();
  }

  /** What is under way elsewhere is left to whoever holds the shard next. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#signal();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#signalled = false;
      const { epoch, decidedSeq } = this.#ports.writer;
      const tasks = this.#tasks();
      const durable = tasks.length === 0 || (await this.#durable(epoch, decidedSeq));
      if (durable) for (const task of tasks) void this.#carry(task);
      if (!this.#signalled) await this.#idle(durable);
    }
  }

  /** What is open, not under way, and not to be tried later. */
  #tasks(): Task[] {
    const now = this.#ports.clock.now();
    const tasks: Task[] = [];
    const toShard = new Map<number, number>();
    for (const shard of this.#underWay.values()) toShard.set(shard, (toShard.get(shard) ?? 0) + 1);
    for (const ledger of this.#ports.writer.state?.ledgers.values() ?? []) {
      for (const transfer of ledger.transfers.open()) {
        const { transferId } = transfer;
        if (this.#underWay.has(transferId) || (this.#later.get(transferId)?.at ?? 0) > now) continue;
        if (this.#underWay.size + tasks.length >= UNDER_WAY_MAX) return tasks;
        const shard = shardOf(transfer.toLedger);
        const others = toShard.get(shard) ?? 0;
        if (others >= UNDER_WAY_MAX_PER_SHARD) continue;
        toShard.set(shard, others + 1);
        tasks.push({ ledger, transfer });
      }
    }
    return tasks;
  }

  /** True when everything decided up to `seq` under this epoch is committed; false when the writer lost it. */
  async #durable(epoch: number, seq: number): Promise<boolean> {
    const { writer } = this.#ports;
    const committed = (): boolean => writer.epoch === epoch && (writer.place?.seq ?? -1) >= seq;
    while (!committed() && writer.status === 'writing' && writer.epoch === epoch && !this.#stopped) await this.#pause(COMMIT_MS);
    return committed();
  }

  async #carry(task: Task): Promise<void> {
    const { toLedger, transferId } = task.transfer;
    this.#underWay.set(transferId, shardOf(toLedger));
    try {
      const verdict = await this.#deliver(task);
      if (verdict === 'later' || verdict === 'stuck') this.#tryLater(transferId, verdict === 'stuck');
      else if (!this.#stopped && (await this.#close(task, verdict))) this.#later.delete(transferId);
      else this.#tryLater(transferId);
    } catch (error) {
      this.#ports.log.warn('courier.failed', { transferId, error: String(error) });
      this.#tryLater(transferId);
    }
    this.#underWay.delete(transferId);
    this.#signal();
  }

  async #deliver({ ledger, transfer }: Task): Promise<Verdict> {
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
      const refusal = await this.#ask(this.#ports.commands, { commandId, ledgerId: toLedger, tenantId, cmd });
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
  async #close({ ledger, transfer }: Task, verdict: Known): Promise<boolean> {
    const { clock, writer } = this.#ports;
    const { transferId } = transfer;
    const cmd: Command =
      verdict === 'arrived'
        ? { type: 'ConfirmTransfer', transferId }
        : { type: 'ReturnTransfer', transferId, reason: verdict.refused };
    const commandId = deriveId('cmd', clock.now(), `close ${ledger.ledgerId} ${transferId}`);
    // Only this writer may be told: one that was fenced meanwhile must not give back what its successor has delivered.
    const refusal = await this.#ask(writer, { commandId, ledgerId: ledger.ledgerId, tenantId: 'system', cmd });
    return refusal === null || refusal.code === 'already_resolved';
  }

  async #ask(
    commands: Commands,
    of: { readonly commandId: string; readonly ledgerId: string; readonly tenantId: string; readonly cmd: Command },
  ): Promise<Refusal | null> {
    const { tenantId, ...parts } = of;
    const actor = { ownerId: 'courier', tenantId, via: 'worker' } as const;
    const { result } = JSON.parse(await commands.submit(encodeEnvelope({ ...parts, actor, lane: 'facts' }))) as Answer;
    return result === 'done' ? null : result;
  }

  async #use(shard: number): Promise<void> {
    if (this.#shardsUsed.has(shard)) return;
    await this.#ports.shards.use(shard);
    this.#shardsUsed.add(shard);
  }

  #tryLater(transferId: string, stuck = false): void {
    const attempt = (this.#later.get(transferId)?.attempt ?? 0) + 1;
    const pauseMs = stuck ? STUCK_MS : Math.min(RETRY_MS.max, RETRY_MS.first * 2 ** Math.min(attempt, 10));
    this.#later.set(transferId, { attempt, at: this.#ports.clock.now() + pauseMs });
  }

  #signal(): void {
    this.#signalled = true;
    this.#wake?.();
  }

  /** Until something happens, or it is time to try again; soon, when the writer was not sure of its last blocks. */
  async #idle(durable: boolean): Promise<void> {
    const soon = this.#ports.clock.now() + RETRY_MS.first;
    let at = durable ? Number.POSITIVE_INFINITY : soon;
    for (const [transferId, later] of this.#later)
      if (!this.#underWay.has(transferId)) at = Math.min(at, Math.max(soon, later.at));
    await new Promise<void>((resolve) => {
      const cancel = Number.isFinite(at) ? this.#ports.clock.schedule(at, resolve) : null;
      this.#wake = () => {
        cancel?.();
        resolve();
      };
    });
    this.#wake = null;
  }

  #pause(ms: number): Promise<void> {
    const { clock } = this.#ports;
    return new Promise((resolve) => clock.schedule(clock.now() + ms, resolve));
  }
}
