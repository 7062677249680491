// What a unit would be paid if each selection won, as the money stands: for people to look at, the same arithmetic as when it is declared.
import type { PoolMarketOpened } from '../pool-events.ts';
import type { PoolRules } from '../state/pool-rules.ts';
import { dividendsOf } from './dividends.ts';
import { feesOf } from './fees.ts';

export interface ToteBoard {
  readonly grossMinor: number;
  readonly takeoutMinor: number;
  readonly creatorFeeMinor: number;
  readonly netMinor: number;
  readonly selections: readonly { readonly selectionId: string; readonly units: number; readonly dividendMinor: number }[];
}

interface Asked {
  readonly rules: PoolRules;
  readonly market: PoolMarketOpened;
  readonly unitsOn: Readonly<Record<string, number>>;
  readonly scratched: readonly string[];
  readonly carryInMinor: number;
}

/** Of a place bet: the part of one place, as if the others were backed too. A minus pool is shown as if nobody added to it. */
export function toteBoard({ carryInMinor, market, rules, scratched, unitsOn }: Asked): ToteBoard {
  const isOut = (selectionId: string): boolean => selectionId.split('>').some((runner) => scratched.includes(runner));
  const backed = Object.entries(unitsOn).filter(([selectionId, units]) => units > 0 && !isOut(selectionId));
  const grossMinor = backed.reduce((sum, [, units]) => sum + units * rules.unitMinor, 0);
  const fees = feesOf(grossMinor, rules);
  const netMinor = grossMinor - fees.takeoutMinor - fees.creatorFeeMinor + carryInMinor;
  const partMinor = Math.floor(netMinor / market.places);
  const selections = backed.map(([selectionId, units]) => {
    const share = { selections: [0], weight: 1 };
    const { dividends } = dividendsOf({ netMinor: partMinor, shares: [share], unitsOf: () => units, rules, topUpMaxMinor: 0 });
    return { selectionId, units, dividendMinor: dividends[0]?.dividendMinor ?? 0 };
  });
  return { grossMinor, ...fees, netMinor, selections };
}
