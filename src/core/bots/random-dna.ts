// Random DNA and the starting population, from a seed alone: the same seed gives the same bots, ids included.
// Every population holds blind controls, without which nobody can tell skill from the market's own drift.
import { deriveId } from '../base/ids.ts';
import { makeRng, pickOne, randomGauss, type Rng } from '../base/rng.ts';
import { type Birth, type Dna, dnaHash, parseDna } from './dna.ts';
import { type Gene, geneName, type GeneValue, type NumberGene, quantise } from './gene.ts';
import { BETTING_GENES, BETTING_TYPES, type BettingType, BOT_MARKETS } from './genes/betting-genes.ts';
import { MATH_GENES, MATH_TYPES, type MathType, RISK_GENES } from './genes/stake-genes.ts';
import { assert } from '../base/assert.ts';

/** Draws are this many sigmas wide around the default. */
const SPREAD = 1.5;
const TRIES_MAX = 30;

export interface RandomDnaOptions {
  readonly generation: number;
  /** Recorded in the metadata: the seed of the generator. */
  readonly seed: number;
  /** Given types narrow the draw. */
  readonly betting?: BettingType;
  readonly math?: MathType;
  /** Time part of the id, ms; 0 for bots that are older than any clock. */
  readonly bornAt?: number;
}

export function randomDna(rng: Rng, options: RandomDnaOptions): Dna {
  const betting = options.betting ?? pickOne(rng, BETTING_TYPES);
  const math = options.math ?? pickOne(rng, MATH_TYPES);
  const params = drawGenes(rng, BETTING_GENES[betting]);
  const { min_odds: least, max_odds: most } = params;
  if (Number(least) > Number(most)) Object.assign(params, { min_odds: most, max_odds: least });
  const genes = {
    betting: { type: betting, params },
    math: { type: math, params: drawGenes(rng, MATH_GENES[math]) },
    risk: drawGenes(rng, RISK_GENES),
  };
  const name = `${options.seed}:${options.generation}:${rng()}`;
  return born(genes, { ...options, name, born: 'random' });
}

/**
 * `size` bots: first the controls (every favourite, every underdog, every over 2.5, all flat and unhindered), then random
 * ones that walk through every pair of betting type and staking plan.
 */
export function population(seed: number, size: number, bornAt = 0): Dna[] {
  const rng = makeRng(seed, 'population');
  const bots = controls(seed, bornAt).slice(0, size);
  for (let i = 0; bots.length < size; i++) {
    const betting = BETTING_TYPES[i % BETTING_TYPES.length] as BettingType;
    const math = MATH_TYPES[(i + Math.floor(i / BETTING_TYPES.length)) % MATH_TYPES.length] as MathType;
    bots.push(randomDna(rng, { generation: 0, seed, betting, math, bornAt }));
  }
  return bots;
}

function controls(seed: number, bornAt: number): Dna[] {
  const everything = { min_odds: 1.01, max_odds: 1000 };
  const blind = [
    { type: 'favourite', params: { ...everything, markets: [...BOT_MARKETS] } },
    { type: 'underdog', params: { ...everything, markets: [...BOT_MARKETS] } },
    { type: 'over_25', params: everything },
  ];
  const math = { type: 'flat', params: { unit_percent: 0.0005 } };
  const risk = { max_stake_percent: 0.25, stop_loss_daily: 0.5, max_open_bets: 500, drawdown_pause: 0.5 };
  return blind.map((betting) =>
    born({ betting, math, risk }, { generation: 0, seed, bornAt, name: `${seed}:control:${betting.type}`, born: 'seed' }),
  );
}

interface BirthNotes extends RandomDnaOptions {
  readonly name: string;
  readonly born: Birth;
}

/** Through the same door as everybody's DNA, so that what is drawn here is what a file would give. */
function born(genes: object, notes: BirthNotes): Dna {
  const { generation, seed, bornAt = 0 } = notes;
  const metadata = { generation, parents: [], born: notes.born, seed };
  const unnamed = { schema: 1, id: deriveId('bot', bornAt, notes.name), genes, metadata };
  const parsed = parseDna(unnamed);
  assert('dna' in parsed, () => `own DNA is faulty: ${JSON.stringify(parsed)}`);
  const id = deriveId('bot', bornAt, `${notes.name}:${dnaHash(parsed.dna)}`);
  return { ...parsed.dna, id };
}

function drawGenes(rng: Rng, genes: readonly Gene[]): Record<string, GeneValue> {
  const params: Record<string, GeneValue> = {};
  for (const gene of genes) params[geneName(gene)] = drawGene(rng, gene);
  return params;
}

/** Choices of a set are listed from the commonest on; one of the first half is always in, or a bot might never find its market. */
function drawGene(rng: Rng, gene: Gene): GeneValue {
  if (gene.kind === 'enum') return pickOne(rng, gene.choices);
  if (gene.kind === 'set') {
    const common = pickOne(rng, gene.choices.slice(0, Math.ceil(gene.choices.length / 2)));
    const chosen = new Set([...gene.choices.filter(() => rng() < 0.5), common]);
    return gene.choices.filter((choice) => chosen.has(choice));
  }
  return drawNumber(rng, gene);
}

/** Normal around the default, on a logarithmic scale for 'log'; draws outside the range are drawn again, at last the default. */
function drawNumber(rng: Rng, gene: NumberGene): number {
  for (let i = 0; i < TRIES_MAX; i++) {
    const step = SPREAD * gene.sigma * randomGauss(rng);
    const value = gene.mutate === 'log' ? gene.default * Math.exp(step) : gene.default + step;
    if (value >= gene.min && value <= gene.max) return quantise(gene, value);
  }
  return gene.default;
}
