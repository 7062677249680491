// An order of the reference simulator with all it has been through. Prices and sizes are floats, as there.
import { averageOf, type Match, round2 } from './reference-float.ts';

export type Side = 'BACK' | 'LAY';
export type Persistence = 'LAPSE' | 'PERSIST' | 'MARKET_ON_CLOSE';
export type OrderStatus = 'Pending' | 'Cancelling' | 'Updating' | 'Replacing' | 'Executable' | 'Execution complete';

export interface LimitTerms {
  readonly type: 'LIMIT';
  readonly price: number;
  readonly size: number;
  persistence: Persistence;
  readonly fillOrKill?: { readonly minFillSize?: number };
}

/** Matched at the starting price; `price` is the worst one that is taken (limit on close). */
export interface OnCloseTerms {
  readonly type: 'ON_CLOSE';
  readonly price?: number;
  /** The stake of a back, the liability of a lay. */
  liability: number;
}

export interface OrderRequest {
  readonly selectionId: number;
  readonly handicap: number;
  readonly side: Side;
  readonly terms: LimitTerms | OnCloseTerms;
  /** Orders of one owner share what is traded; those of several do not, unless the settings say so. */
  readonly owner?: string;
  /** Lapses when the market has another version on arrival. */
  readonly marketVersion?: number;
}

export class ReferenceOrder {
  readonly selectionId: number;
  readonly handicap: number;
  readonly side: Side;
  readonly terms: LimitTerms | OnCloseTerms;
  readonly owner: string;
  readonly createdAt: number;
  placedAt: number | null = null;
  status: OrderStatus = 'Pending';
  matched: Match[] = [];
  sizeMatched = 0;
  averagePrice = 0;
  sizeCancelled = 0;
  sizeLapsed = 0;
  sizeVoided = 0;
  /** Version of the market at the last look; a suspension with another one lapses what may lapse. */
  marketVersion: number | undefined = undefined;
  /** Size ahead in the queue. */
  queueAhead = 0;
  reconciled = false;
  runnerStatus: string | null = null;
  deadHeatWinners: number | null = null;
  marketType: string | undefined = undefined;
  eachWayDivisor: number | undefined = undefined;

  constructor(request: OrderRequest, createdAt: number) {
    this.selectionId = request.selectionId;
    this.handicap = request.handicap;
    this.side = request.side;
    this.terms = { ...request.terms };
    this.owner = request.owner ?? '';
    this.createdAt = createdAt;
  }

  get sizeRemaining(): number {
    if (this.terms.type !== 'LIMIT') return 0;
    return round2(this.terms.size - this.sizeMatched - this.sizeCancelled - this.sizeLapsed - this.sizeVoided);
  }

  get complete(): boolean {
    return this.status === 'Execution complete';
  }

  /** Open to matching: anything but on its way to the market or done. */
  get live(): boolean {
    return this.status !== 'Pending' && this.status !== 'Execution complete';
  }

  get takesStartingPrice(): boolean {
    return this.terms.type !== 'LIMIT' || this.terms.persistence === 'MARKET_ON_CLOSE';
  }

  match(at: number, price: number, size: number): void {
    this.matched.push([at, price, size]);
    this.average();
  }

  average(): void {
    const { size, price } = averageOf(this.matched);
    this.sizeMatched = size;
    this.averagePrice = price;
  }

  /** Profit once the runner's status is known; 0 before. */
  get profit(): number {
    if (this.marketType === 'EACH_WAY') return this.#eachWayProfit();
    const winners = this.deadHeatWinners ?? 1;
    if (this.runnerStatus === 'LOSER') return this.side === 'BACK' ? -this.sizeMatched : this.sizeMatched;
    if (this.runnerStatus !== 'WINNER') return 0;
    let profit = (this.sizeMatched / winners) * (this.averagePrice - 1);
    if (winners === 2) profit -= this.sizeMatched / winners;
    else if (winners > 2) profit -= (this.sizeMatched * (winners - 1)) / winners;
    return round2(this.side === 'LAY' ? -profit : profit);
  }

  #eachWayProfit(): number {
    const win = this.sizeMatched * (this.averagePrice - 1);
    const place = this.sizeMatched * ((this.averagePrice - 1) * (1 / (this.eachWayDivisor ?? 1)));
    const sign = this.side === 'BACK' ? 1 : -1;
    if (this.runnerStatus === 'WINNER') return sign * round2(win + place);
    if (this.runnerStatus === 'PLACED') return round2(sign * (place - this.sizeMatched));
    return this.runnerStatus === 'LOSER' ? -sign * round2(this.sizeMatched * 2) : 0;
  }
}
