// An order of the honest simulator. Integers only: prices in thousandths, money in hundredths. At any moment
// size = matched + cancelled + lapsed + voided + remaining, but for a lay at the starting price, whose liability is kept and not its size.

export type Side = 'back' | 'lay';
/** What becomes of the rest when the market turns in play: it lapses, stays, or is matched at the starting price. */
export type Persistence = 'lapse' | 'persist' | 'sp';

export interface LimitTerms {
  readonly kind: 'limit';
  readonly priceMilli: number;
  readonly sizeMinor: number;
  readonly persistence: Persistence;
  /** Filled at once for at least this much (all of it by default), or killed. */
  readonly fillOrKill?: { readonly minFillMinor?: number };
}

/** Matched at the starting price, no worse than the limit if there is one. */
export interface OnCloseTerms {
  readonly kind: 'on-close';
  /** The stake of a back, the liability of a lay. */
  readonly liabilityMinor: number;
  readonly limitMilli?: number;
}

export interface HonestRequest {
  readonly orderId: string;
  readonly selectionId: number;
  readonly handicap: number;
  readonly side: Side;
  readonly terms: LimitTerms | OnCloseTerms;
  /** Lapses when the market has another version on arrival. */
  readonly marketVersion?: number;
}

export interface HonestFill {
  readonly at: number;
  /** Reduced afterwards when a runner is withdrawn. */
  priceMilli: number;
  readonly sizeMinor: number;
  /** Took an offer, was taken at rest, or was matched at the starting price. */
  readonly liquidity: 'taker' | 'maker' | 'starting-price';
}

/** Where an order's size can go besides fills. */
export type Loss = 'cancelledMinor' | 'lapsedMinor' | 'voidedMinor';

export class HonestOrder {
  readonly request: HonestRequest;
  readonly submittedAt: number;
  /** When it reaches the market, after latency and bet delay. */
  readonly arrivesAt: number;
  /** waiting: on its way; resting: in the market; done: nothing of it is open. */
  status: 'waiting' | 'resting' | 'done' = 'waiting';
  /** Why it was not taken or was ended, if it was. */
  reason: string | null = null;
  fills: HonestFill[] = [];
  cancelledMinor = 0;
  lapsedMinor = 0;
  voidedMinor = 0;
  /** Liability of an order on close; withdrawals make a lay's smaller. */
  liabilityMinor: number;
  /** Recorded size ahead in the queue at its price, and the recorded size of that level at the last look. */
  aheadMinor = 0;
  levelMinor = 0;
  /** Version of the market at the last look. */
  marketVersion: number | undefined = undefined;

  constructor(request: HonestRequest, submittedAt: number, arrivesAt: number) {
    this.request = request;
    this.submittedAt = submittedAt;
    this.arrivesAt = arrivesAt;
    this.liabilityMinor = request.terms.kind === 'on-close' ? request.terms.liabilityMinor : 0;
  }

  get matchedMinor(): number {
    return this.fills.reduce((sum, fill) => sum + fill.sizeMinor, 0);
  }

  get remainingMinor(): number {
    const { terms } = this.request;
    if (terms.kind !== 'limit' || this.status === 'done') return 0;
    return terms.sizeMinor - this.matchedMinor - this.cancelledMinor - this.lapsedMinor - this.voidedMinor;
  }

  addFill(fill: HonestFill): void {
    this.fills.push(fill);
    if (this.request.terms.kind === 'limit' && this.remainingMinor === 0) this.status = 'done';
  }

  /** Ends what is open of it. */
  end(into: Loss, reason: string): void {
    this[into] += this.request.terms.kind === 'limit' ? this.remainingMinor : 0;
    this.reason ??= reason;
    this.status = 'done';
  }
}
