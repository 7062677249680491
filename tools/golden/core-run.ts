// Drives the real core without a server: command -> decide -> events -> evolve, on a clock that only goes forward and fires every timer
// at its own moment. A refusal is an error here: reference sets hold nothing that the core may refuse.
import { makeId } from '#core/base/ids.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { decide } from '#core/decide.ts';
import { evolve } from '#core/evolve.ts';
import type { Actor, Command, Envelope, Via } from '#core/kernel/command.ts';
import { isRefusal } from '#core/kernel/event.ts';
import { initialShard, type LedgerState } from '#core/kernel/state.ts';

const LEDGER = 'golden';
const TENANT = 'golden';
const NO_HASH = '0'.repeat(32);

export class CoreRun {
  readonly #state = initialShard();
  #now: number;
  #made = 0;
  #events = 0;

  constructor(startAt: number) {
    this.#now = startAt;
  }

  get ledger(): LedgerState {
    const ledger = this.#state.ledgers.get(LEDGER);
    if (!ledger) throw new Error('the run has no ledger yet');
    return ledger;
  }

  get events(): number {
    return this.#events;
  }

  /** A fresh id; its time is the run's. */
  id(prefix: 'usr' | 'bet' | 'cmd'): string {
    const tail = new Uint8Array(10);
    new DataView(tail.buffer).setUint32(6, ++this.#made);
    return makeId(prefix, this.#now, tail);
  }

  /** Moves to `at`, firing every timer that is due until then. */
  goTo(at: number): void {
    for (;;) {
      const due = this.#state.ledgers.get(LEDGER)?.timers.first();
      if (!due || due.dueAt > at) break;
      this.#now = Math.max(this.#now, due.dueAt);
      this.#decide({ ownerId: '', via: 'timer' }, { type: 'FireTimer', ...due });
    }
    this.#now = Math.max(this.#now, at);
  }

  ask(via: Via, cmd: Command): void {
    this.#decide({ ownerId: 'golden', via }, cmd);
  }

  /** Opens a wallet with play money and returns its holder. */
  fund(amountMinor: number): string {
    const holder = this.id('usr');
    this.ask('operator', { type: 'IssueFunds', holder, ownerId: holder, tenantId: TENANT, amountMinor });
    return holder;
  }

  /** Bets a stake on one selection at the quote's price of this moment. */
  bet(bet: { holder: string; quote: Quote; selectionId: string; oddsMilli: number; stakeMinor: number }): void {
    const { holder, oddsMilli, quote, selectionId, stakeMinor } = bet;
    const { marketId, quoteSeq } = quote;
    const legs = [{ marketId, selectionId }];
    const cmd: Command = { type: 'PlaceBet', betId: this.id('bet'), holder, legs, minOddsMilli: oddsMilli, quoteSeq, stakeMinor };
    this.#decide({ ownerId: holder, via: 'api' }, cmd, quote);
  }

  #decide(actor: Omit<Actor, 'tenantId'>, cmd: Command, ...quotes: Quote[]): void {
    const envelope: Envelope = {
      commandId: this.id('cmd'),
      ledgerId: LEDGER,
      actor: { ...actor, tenantId: TENANT },
      payloadHash: NO_HASH,
      lane: 'facts',
      cmd,
    };
    const decision = decide(this.#state, envelope, { now: this.#now, quotes, marks: [], engineVersion: 'golden' });
    if (isRefusal(decision)) throw new Error(`${cmd.type} was refused: ${JSON.stringify(decision)} for ${JSON.stringify(cmd)}`);
    for (const event of decision) evolve(this.#state, event);
    this.#events += decision.length;
  }
}
