// Asian handicaps struck in play: only goals since the bet count, so a bet is on a side and on the lead at which it was struck. Such a bet's
// selection is a number beyond the market's own: two for every lead but a level score, for which nothing changes. Tables of bets, exposures and
// settlements thus need no column for it, and every other market no look at it.
import { assert } from '../base/assert.ts';
import { type Refusal, refuse } from '../base/refusal.ts';
import type { Quote } from '../catalog/quote.ts';
import type { Leg } from '../kernel/command.ts';
import type { OutcomeNumbers } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import type { Market } from './market.ts';

/** Goals ahead, of either side, at which a handicap can be struck: the numbers of its selections fit a byte. */
export const LEAD_MAX = 63;
const SIDES = 2;
const LEAD_NAME = /^(home|away):(-?[1-9]\d?)$/;

type Sides = Pick<Market, 'selections'>;

/** With its price, and of a handicap struck in play when the score was not level, the goals that home was ahead. */
export type StruckLeg = Leg & { readonly lead?: number; readonly oddsMilli: number };

/** Number of a side at a lead of the home side, goals. */
export function sideAt(side: number, lead: number): number {
  return side + SIDES * (lead > 0 ? 2 * lead - 1 : -2 * lead);
}

/** What a leg as it was placed is on. */
export function selectionOf(
  { selections }: Sides,
  { lead = 0, selectionId }: { readonly lead?: number; readonly selectionId: string },
): number {
  const own = selections.indexOf(selectionId);
  return lead === 0 ? own : sideAt(own, lead);
}

export function leadOf(selection: number): number {
  const place = placeOf(selection);
  return place % 2 === 1 ? (place + 1) / 2 : -place / 2 || 0;
}

/** Place of the lead among all: 0 for a level score. */
export function placeOf(selection: number): number {
  return Math.floor(selection / SIDES);
}

/** Its number among the market's own selections. */
export function ownSelection({ selections }: Sides, selection: number): number {
  return selection % selections.length;
}

export function selectionName(market: Sides, selection: number): string {
  return market.selections[ownSelection(market, selection)] as string;
}

/** The lead at which a bet on this selection was struck; undefined where the whole score counts. */
export function struckLead({ selections }: Sides, selection: number): number | undefined {
  return selection < selections.length ? undefined : leadOf(selection);
}

/** A leg as whoever is asked about it hears of it. */
export function legTold(market: Sides & Pick<Market, 'marketId'>, selection: number, oddsMilli: number): StruckLeg {
  const leg = { marketId: market.marketId, oddsMilli, selectionId: selectionName(market, selection) };
  const lead = struckLead(market, selection);
  return lead === undefined ? leg : { lead, ...leg };
}

/** Its name among a market's outcomes: `home:1` is the home side, backed when it was one goal ahead. */
export function outcomeName({ selections }: Sides, selection: number): string {
  const own = selections[selection];
  return own ?? `${selections[selection % SIDES] as string}:${leadOf(selection)}`;
}

/** What a declaration says of a selection. One that was made before leads counted says it of the side alone. */
export function declaredOf(
  market: Pick<Market, 'marketId' | 'selections'>,
  outcomes: Readonly<Record<string, OutcomeNumbers>>,
  selection: number,
): OutcomeNumbers {
  const outcome = outcomes[outcomeName(market, selection)] ?? outcomes[selectionName(market, selection)];
  assert(outcome, () => `${market.marketId} has no declared outcome for ${outcomeName(market, selection)}`);
  return outcome;
}

/** outcomeName() read back; null for a name that is none of them. */
export function readOutcomeName(name: string): { readonly selectionId: string; readonly lead: number } | null {
  const found = LEAD_NAME.exec(name);
  return found ? { selectionId: found[1] as string, lead: Number(found[2]) } : null;
}

/** Names beside the market's own: of all leads up to the largest at which a bet was struck. */
export function leadNames(market: Sides & { readonly payoutsMinor: readonly number[] }): string[] {
  const names: string[] = [];
  for (let i = market.selections.length; placeOf(i) <= placeOf(market.payoutsMinor.length - 1); i++)
    names.push(outcomeName(market, i));
  return names;
}

/**
 * What a bet struck on this quote is on. In play, where the ledger's rule counts goals since the bet, on the lead as well: a price without its
 * score is then none that can be taken. Corners, cards and later periods count whole: the quote does not say how they stand.
 */
export function struckOn(ledger: LedgerState, market: Market, selection: number, quote: Quote): number | Refusal {
  const { period, stat, type } = market.terms;
  if (type !== 'ah') return selection;
  const own = ownSelection(market, selection);
  if (!quote.inPlay || stat !== 'goals' || (period !== 'ft' && period !== 'h1')) return own;
  if (ledger.rules.over(market.eventId).liveHandicap !== 'since') return own;
  const { score } = quote;
  const lead = score ? score.home - score.away : Number.NaN;
  return Math.abs(lead) <= LEAD_MAX ? sideAt(own, lead) : refuse('price_stale', { path: '/quote/score' });
}

export interface AtStake {
  readonly payoutsMinor: readonly number[];
  /** By place of the lead; what is left of the stakes was struck level. */
  readonly leadStakesMinor: readonly number[];
  readonly stakedMinor: number;
}

/**
 * Worst case over all margins that the match can end with. At each, every lead's bets win, lose or come back; half a win lies between a win and
 * a stake given back.
 */
export function handicapWorstLossMinor(lineQuarters: number, { leadStakesMinor, payoutsMinor, stakedMinor }: AtStake): number {
  const leads = Math.ceil(payoutsMinor.length / SIDES);
  let level = stakedMinor;
  let [lowest, highest] = [0, 0];
  for (let place = 1; place < leads; place++) {
    const lead = leadOf(SIDES * place);
    lowest = Math.min(lowest, lead);
    highest = Math.max(highest, lead);
    level -= leadStakesMinor[place] ?? 0;
  }
  let dearest = 0;
  const shift = lineQuarters / 4;
  for (let margin = Math.floor(lowest - shift) - 1; margin <= Math.ceil(highest - shift) + 1; margin++) {
    let sum = 0;
    for (let place = 0; place < leads; place++) {
      const quarters = 4 * (margin - leadOf(SIDES * place)) + lineQuarters;
      const staked = place === 0 ? level : (leadStakesMinor[place] ?? 0);
      const payout = payoutsMinor[SIDES * place + (quarters > 0 ? 0 : 1)] ?? 0;
      sum += quarters === 0 ? staked : Math.abs(quarters) === 1 ? Math.max(staked, payout) : payout;
    }
    dearest = Math.max(dearest, sum);
  }
  return Math.max(0, dearest - stakedMinor);
}

/** With an amount more at a place; what lies between is filled with zeros. */
export function addTo(values: number[], at: number, by: number): void {
  while (values.length <= at) values.push(0);
  values[at] = (values[at] as number) + by;
}

/** Per own selection: what all bets on it pay, at whatever lead they were struck. */
export function ownPayouts(market: Pick<Market, 'payoutsMinor' | 'selections'>): readonly number[] {
  const { payoutsMinor, selections } = market;
  if (payoutsMinor.length === selections.length) return payoutsMinor;
  const own = selections.map(() => 0);
  for (const [selection, payout] of payoutsMinor.entries()) addTo(own, ownSelection(market, selection), payout);
  return own;
}
