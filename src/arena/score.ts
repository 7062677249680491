// What a bot's bets were worth: profit and yield, drawdown, and closing line value measured against blind bets in the same odds band.
import { type ClosingFair, closingKey } from './closing-prices.ts';

const PPM = 1_000_000;
/** Upper ends of the odds bands, thousandths. */
export const ODDS_BANDS = [1_500, 2_000, 3_000, 5_000, 1_000_001] as const;

export function bandOf(oddsMilli: number): number {
  return ODDS_BANDS.findIndex((end) => oddsMilli < end);
}

/** Mean closing line value of betting everything blindly, per odds band: what a bot must beat. Float, 0.01 = 1 %. */
export class BlindControls {
  readonly #sums = ODDS_BANDS.map(() => 0);
  readonly #counts = ODDS_BANDS.map(() => 0);

  add(oddsMilli: number, clv: number): void {
    const band = bandOf(oddsMilli);
    this.#sums[band] = (this.#sums[band] as number) + clv;
    this.#counts[band] = (this.#counts[band] as number) + 1;
  }

  mean(oddsMilli: number): number {
    const band = bandOf(oddsMilli);
    return (this.#counts[band] as number) === 0 ? 0 : (this.#sums[band] as number) / (this.#counts[band] as number);
  }
}

/** Odds taken times the fair closing probability, less one; null when the market has no close (its line moved, or none was recorded). */
export function closingLineValue(
  fair: ClosingFair,
  bet: { marketId: string; selectionId: string; oddsMilli: number },
): number | null {
  const p = fair.get(closingKey(bet.marketId, bet.selectionId));
  return p === undefined ? null : (bet.oddsMilli / 1000) * p - 1;
}

export interface ScoreRow {
  readonly botId: string;
  readonly dnaHash: string;
  readonly strategy: string;
  readonly bets: number;
  readonly refused: number;
  readonly turnoverMinor: number;
  readonly profitMinor: number;
  /** Profit per turnover, and per bet at equal stakes. */
  readonly yieldPpm: number;
  readonly flatYieldPpm: number;
  /** Mean closing line value over blind betting in the same bands, with a normal 95 % interval; null without a measured bet. */
  readonly clvPpm: number | null;
  readonly clvCi95: readonly [number, number] | null;
  readonly rawClvPpm: number | null;
  readonly clvBets: number;
  /** Largest fall of the equity from its highest point. */
  readonly maxDrawdownPpm: number;
}

/** Running score of one bot. */
export class Score {
  bets = 0;
  refused = 0;
  turnoverMinor = 0;
  profitMinor = 0;
  #flat = 0;
  #settled = 0;
  #peak: number;
  #equity: number;
  #maxDrawdown = 0;
  readonly #clv: { value: number; oddsMilli: number }[] = [];

  constructor(fundsMinor: number) {
    this.#peak = fundsMinor;
    this.#equity = fundsMinor;
  }

  placed(stakeMinor: number, oddsMilli: number, clv: number | null): void {
    this.bets++;
    this.turnoverMinor += stakeMinor;
    if (clv !== null) this.#clv.push({ value: clv, oddsMilli });
  }

  settled(stakeMinor: number, returnMinor: number): void {
    this.#settled++;
    this.profitMinor += returnMinor - stakeMinor;
    this.#flat += returnMinor / stakeMinor - 1;
    this.#equity += returnMinor - stakeMinor;
    this.#peak = Math.max(this.#peak, this.#equity);
    if (this.#peak > 0) this.#maxDrawdown = Math.max(this.#maxDrawdown, (this.#peak - this.#equity) / this.#peak);
  }

  row(bot: { botId: string; dnaHash: string; strategy: string }, blind: BlindControls): ScoreRow {
    const { bets, profitMinor, refused, turnoverMinor } = this;
    return {
      ...bot,
      bets,
      refused,
      turnoverMinor,
      profitMinor,
      yieldPpm: turnoverMinor === 0 ? 0 : Math.round((profitMinor / turnoverMinor) * PPM),
      flatYieldPpm: this.#settled === 0 ? 0 : Math.round((this.#flat / this.#settled) * PPM),
      ...clvOf(this.#clv, blind),
      maxDrawdownPpm: Math.round(this.#maxDrawdown * PPM),
    };
  }
}

type ClvPart = Pick<ScoreRow, 'clvPpm' | 'clvCi95' | 'rawClvPpm' | 'clvBets'>;

function clvOf(values: readonly { value: number; oddsMilli: number }[], blind: BlindControls): ClvPart {
  const n = values.length;
  if (n === 0) return { clvPpm: null, clvCi95: null, rawClvPpm: null, clvBets: 0 };
  const over = values.map(({ value, oddsMilli }) => value - blind.mean(oddsMilli));
  const mean = over.reduce((a, b) => a + b, 0) / n;
  const raw = values.reduce((a, b) => a + b.value, 0) / n;
  const variance = n < 2 ? 0 : over.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1);
  const half = 1.96 * Math.sqrt(variance / n);
  return {
    clvPpm: Math.round(mean * PPM),
    clvCi95: n < 2 ? null : [Math.round((mean - half) * PPM), Math.round((mean + half) * PPM)],
    rawClvPpm: Math.round(raw * PPM),
    clvBets: n,
  };
}
