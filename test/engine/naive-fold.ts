// A second, naive fold of a journal: plain Maps and BigInt, written without the engine's own. What must agree with it: state and read models.
import type { NewEvent } from '#core/kernel/event.ts';

export interface NaiveBet {
  readonly holder: string;
  readonly marketId: string;
  readonly stakeMinor: number;
  status: string;
  returnMinor: number | null;
}

export interface NaiveMarket {
  status: string;
  bets: number;
  staked: bigint;
  returned: bigint;
}

export class NaiveFold {
  /** `ledger path currency` -> balance. */
  readonly balances = new Map<string, bigint>();
  readonly holders = new Set<string>();
  readonly bets = new Map<string, NaiveBet>();
  readonly markets = new Map<string, NaiveMarket>();
  readonly commandIds = new Set<string>();
  entries = 0;
  lastAt = 0;
  faults: string[] = [];
  /** The ledger that balance() asks of unless told. */
  readonly #ledger: string;

  constructor(ledger = 'main') {
    this.#ledger = ledger;
  }

  add(e: NewEvent): void {
    if (e.at < this.lastAt) this.faults.push(`${e.type} at ${e.at}, after ${this.lastAt}`);
    this.lastAt = e.at;
    this.commandIds.add(e.commandId);
    for (const p of e.postings ?? []) {
      this.#move(`${e.ledgerId} ${p.from} ${p.currency}`, -BigInt(p.amountMinor));
      this.#move(`${e.ledgerId} ${p.to} ${p.currency}`, BigInt(p.amountMinor));
      this.entries++;
    }
    this.#fold(e);
  }

  /** Faults in what must always hold: sums of 0, nobody below 0, held money equal to open stakes. */
  check(): string[] {
    const sums = new Map<string, bigint>();
    const open = new Map<string, bigint>();
    for (const bet of this.bets.values()) {
      if (bet.status === 'accepted' || bet.status === 'pending')
        open.set(bet.holder, (open.get(bet.holder) ?? 0n) + BigInt(bet.stakeMinor));
    }
    const faults = [...this.faults];
    for (const [key, balance] of this.balances) {
      const [ledger = '', path = '', currency = ''] = key.split(' ');
      sums.set(`${ledger} ${currency}`, (sums.get(`${ledger} ${currency}`) ?? 0n) + balance);
      if (path.startsWith('player:') && balance < 0n) faults.push(`${path} is at ${balance}`);
      const [, holder = '', kind] = path.split(':');
      if (kind === 'held' && balance !== (open.get(holder) ?? 0n))
        faults.push(`${path} is ${balance}, open stakes are ${open.get(holder) ?? 0n}`);
    }
    for (const [what, sum] of sums) if (sum !== 0n) faults.push(`${what} sums to ${sum}`);
    return faults;
  }

  balance(path: string, ledger = this.#ledger, currency = 'PLAY'): bigint {
    return this.balances.get(`${ledger} ${path} ${currency}`) ?? 0n;
  }

  #move(key: string, amount: bigint): void {
    this.balances.set(key, (this.balances.get(key) ?? 0n) + amount);
  }

  #fold(e: NewEvent): void {
    switch (e.type) {
      case 'FundsIssued':
      case 'TransferReceived':
        this.holders.add(e.data.holder);
        return;
      case 'BotBorn':
        this.holders.add(e.data.botId);
        return;
      case 'BetPlaced':
        return this.#placed(e);
      case 'BetAccepted':
        return this.#end(e.data.betId, 'accepted', null);
      case 'BetRejected':
      case 'BetVoided':
        return this.#end(
          e.data.betId,
          e.type === 'BetVoided' ? 'void' : 'rejected',
          this.bets.get(e.data.betId)?.stakeMinor ?? 0,
        );
      case 'BetsSettled':
        for (const [betId, , returnMinor] of e.data.bets) this.#end(betId, 'settled', returnMinor);
        return;
      case 'MarketOpened':
        this.markets.set(e.data.marketId, { status: 'open', bets: 0, staked: 0n, returned: 0n });
        return;
      case 'MarketSuspended':
        return this.#market(e.data.marketId, 'suspended');
      case 'MarketReopened':
        return this.#market(e.data.marketId, 'open');
      case 'MarketClosed':
        return this.#market(e.data.marketId, 'closed');
      case 'SettlementStarted':
        return this.#market(e.data.marketId, 'settling');
      case 'SettlementFinished':
        this.#market(e.data.marketId, 'settled');
        (this.markets.get(e.data.marketId) as NaiveMarket).returned += BigInt(e.data.returnedMinor);
        return;
      default:
    }
  }

  #placed(e: NewEvent<'BetPlaced'>): void {
    const { betId, holder, legs, stakeMinor, status } = e.data;
    const marketId = legs[0]?.marketId ?? '';
    if (this.bets.has(betId)) this.faults.push(`${betId} was placed twice`);
    this.bets.set(betId, { holder, marketId, stakeMinor, status, returnMinor: null });
    const market = this.markets.get(marketId);
    if (!market) return void this.faults.push(`${betId} is on ${marketId}, which is not there`);
    market.bets++;
    market.staked += BigInt(stakeMinor);
  }

  #end(betId: string, status: string, returnMinor: number | null): void {
    const bet = this.bets.get(betId);
    if (!bet || (bet.status !== 'pending' && bet.status !== 'accepted'))
      this.faults.push(`${betId} ends as ${status}, but was ${bet?.status}`);
    if (bet) Object.assign(bet, { status, returnMinor });
  }

  #market(marketId: string, status: string): void {
    const market = this.markets.get(marketId);
    if (market) market.status = status;
    else this.faults.push(`${marketId} becomes ${status}, but is not there`);
  }
}
