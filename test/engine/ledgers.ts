// Several ledgers for tests, each on a shard of its own and with a clock that only the test moves. Each decision is checked to leave the state as it was,
// and each state to survive a snapshot.
import { dumpState, loadState, stateHash } from '#engine/state/snapshot.ts';
import { assert } from '#core/base/assert.ts';
import { decide } from '#core/decide.ts';
import { evolve } from '#core/evolve.ts';
import type { Actor, Command, Envelope, SendTransfer } from '#core/kernel/command.ts';
import { type Decision, isRefusal } from '#core/kernel/event.ts';
import { availableMinor, holderOf, initialShard, type LedgerState, type ShardState } from '#core/kernel/state.ts';
import { ANA, answerOf, idOf, NOON, TENANT } from '#core/kernel/world-for-tests.ts';
import { transitOf } from '#core/ledger/transfer-money.ts';
import type { OpenTransfer } from '#core/ledger/transfers.ts';

/** Ledgers, each on a shard of its own. */
export class Ledgers {
  readonly shards = new Map<string, ShardState>();
  now = NOON;
  #commands = 0;

  constructor(...names: string[]) {
    for (const name of names) {
      this.shards.set(name, initialShard());
      this.ask(name, { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' });
    }
  }

  /** One more, that waits for the home ledger's bans. */
  openAtHome(name: string): void {
    this.shards.set(name, initialShard());
    this.ask(name, { type: 'OpenLedger', currency: 'PLAY', home: 'main', moneyClass: 'play' });
  }

  of(ledgerId: string): LedgerState {
    return this.shards.get(ledgerId)?.ledgers.get(ledgerId) as LedgerState;
  }

  ask(ledgerId: string, cmd: Command, actor: Partial<Actor> = {}): Decision & { commandId?: string } {
    const state = this.shards.get(ledgerId) ?? initialShard();
    const commandId = idOf('cmd', `${ledgerId} ${this.#commands++}`);
    const full = { ownerId: ANA, tenantId: TENANT, via: 'worker' as const, ...actor };
    const envelope: Envelope = { commandId, ledgerId, actor: full, payloadHash: '0'.repeat(32), lane: 'facts', cmd };
    const before = stateHash(state);
    const decision = decide(state, envelope, { now: this.now, quotes: [], marks: [], engineVersion: 'test' });
    assert(stateHash(state) === before, 'deciding changed the state');
    if (!isRefusal(decision)) {
      for (const e of decision) evolve(state, e);
      const copy = loadState(dumpState(state));
      assert(stateHash(copy) === stateHash(state), 'a snapshot loses something');
      this.shards.set(ledgerId, copy);
    }
    return decision;
  }

  fund(ledgerId: string, holder: string, amountMinor: number): void {
    const decision = this.ask(ledgerId, { type: 'IssueFunds', holder, ownerId: holder, tenantId: TENANT, amountMinor });
    assert(answerOf(decision) === 'FundsIssued', 'no funds');
  }

  send(ledgerId: string, change: Partial<SendTransfer> = {}, actor: Partial<Actor> = {}): Decision {
    const sound = { holder: ANA, toLedger: 'arena', toHolder: ANA, amountMinor: 100, currency: 'PLAY' } as const;
    return this.ask(ledgerId, { type: 'SendTransfer', ...sound, ...change }, { via: 'api', ...actor });
  }

  receive(fromLedger: string, sent: OpenTransfer, change: object = {}): Decision {
    const { amountMinor, holder: fromHolder, sentAt, toHolder: holder, toLedger, transferId } = sent;
    const facts = { transferId, fromLedger, fromHolder, holder, amountMinor, sentAt };
    const who = { ownerId: ANA, tenantId: TENANT, currency: 'PLAY' } as const;
    return this.ask(toLedger, { type: 'ReceiveTransfer', ...facts, ...who, ...change });
  }

  sent(ledgerId: string): OpenTransfer {
    const [transfer] = this.of(ledgerId).transfers.open();
    assert(transfer, 'nothing is on its way');
    return transfer;
  }

  available(ledgerId: string, id: string): number {
    const holder = holderOf(this.of(ledgerId), id);
    return holder ? availableMinor(this.of(ledgerId), holder) : 0;
  }

  transit(ledgerId: string, other: string): number {
    return this.of(ledgerId).accounts.balance(transitOf(other), 'PLAY');
  }
}
