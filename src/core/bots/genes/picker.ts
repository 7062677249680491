// A picker looks at prices only and names a selection or the nearest miss. It never sees money.
import { assert, unreachable } from '../../base/assert.ts';
import type { DevigMethod } from '../../signals/devig.ts';
import { type BookPrice, OVER_25_BIT } from '../book-price.ts';
import type { Genes } from '../dna.ts';
import { type FairSource, fairSource } from '../fair-price.ts';
import { milliIn, numberIn, type Params, ppmIn, setIn, textIn } from '../gene.ts';
import type { Pass } from '../input.ts';
import type { MarketMemory } from '../market-memory.ts';
import { BOT_MARKETS, type FairProvider } from './betting-genes.ts';
import { DrawHunter } from './draw-hunter.ts';
import { DroppingOdds } from './dropping-odds.ts';
import { GoalMachine } from './goal-machine.ts';
import { Favourite, OddsRange, Over25, Underdog } from './price-pickers.ts';
import { ValueBet } from './value-bet.ts';

export interface Picker {
  /** Place of the selection in the catalogue's order, or why there is none. */
  pick(price: BookPrice, now: number): number | Pass;
}

export interface CompiledPicker {
  readonly picker: Picker;
  /** Market types wanted, as MarketRow.bits. */
  readonly bits: number;
  readonly fair: FairSource;
}

export function compilePicker(genes: Genes['betting'], memory: MarketMemory): CompiledPicker {
  const { params, type } = genes;
  const fair = fairSource(memory, textIn(params, 'fair') as FairProvider, textIn(params, 'devig') as DevigMethod);
  const band = { min: milliIn(params, 'min_odds'), max: milliIn(params, 'max_odds') };
  const wanted = 'markets' in params ? bitsOf(setIn(params, 'markets')) : 0;
  switch (type) {
    case 'value_bet_model_v1':
      return { picker: new ValueBet(band, ppmIn(params, 'min_edge'), fair), bits: wanted, fair };
    case 'odds_range':
      return { picker: new OddsRange(band, textIn(params, 'prefer') === 'longest'), bits: wanted, fair };
    case 'favourite':
      return { picker: new Favourite(band), bits: wanted, fair };
    case 'underdog':
      return { picker: new Underdog(band), bits: wanted, fair };
    case 'dropping_odds':
      return { picker: new DroppingOdds(band, dropOf(params, memory)), bits: wanted, fair };
    case 'over_25':
      return { picker: new Over25(band), bits: OVER_25_BIT, fair };
    case 'draw_hunter':
      return { picker: new DrawHunter(band, milliIn(params, 'max_gap')), bits: bitsOf(['1x2']), fair };
    case 'goal_machine':
      return { picker: new GoalMachine(band, goalsOf(params), memory.goals), bits: OVER_25_BIT, fair };
    default:
      return unreachable(type, 'betting type');
  }
}

function dropOf(params: Params, memory: MarketMemory) {
  const watch = textIn(params, 'watch');
  const { consensus, reference } = memory.terms;
  const book = watch === 'own' ? null : memory.bookNumber(watch === 'reference' ? reference : consensus);
  return { dropPpm: ppmIn(params, 'drop'), windowMs: numberIn(params, 'within_s') * 1000, book };
}

function goalsOf(params: Params) {
  const venue = textIn(params, 'venue') === 'all' ? ('all' as const) : ('same' as const);
  return { minMilli: milliIn(params, 'min_goal_average'), window: numberIn(params, 'window'), venue };
}

function bitsOf(types: readonly string[]): number {
  let bits = 0;
  for (const type of types) {
    const place = (BOT_MARKETS as readonly string[]).indexOf(type);
    assert(place >= 0, () => `no such market type: ${type}`);
    bits |= 1 << place;
  }
  return bits;
}
