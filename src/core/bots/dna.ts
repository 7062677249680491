// A bot's DNA as a document: read with every fault named by its path, filled in, put on the genes' grids and hashed.
// Only parseDna and randomDna make a Dna, so code that has one never checks again.
import { canonical } from '../base/canonical.ts';
import { sha256Hex } from '../base/hash.ts';
import { isId } from '../base/ids.ts';
import { type Gene, geneName, type GeneValue, type Params, readGene } from './gene.ts';
import { BETTING_GENES, BETTING_TYPES, type BettingType } from './genes/betting-genes.ts';
import { MATH_GENES, MATH_TYPES, type MathType, RISK_GENES } from './genes/stake-genes.ts';

export const DNA_SCHEMA = 1;
export const BIRTHS = ['seed', 'random', 'mutation', 'crossover', 'clone', 'migration', 'import'] as const;
export type Birth = (typeof BIRTHS)[number];
const GENERATION_MAX = 1_000_000;
const PARENTS_MAX = 8;
/** Longest piece of a hostile document repeated in a fault. */
const ECHO_MAX = 40;

export interface RiskGenes {
  readonly max_stake_percent: number;
  readonly stop_loss_daily: number;
  readonly max_open_bets: number;
  readonly drawdown_pause: number;
}
export interface Genes {
  readonly betting: { readonly type: BettingType; readonly params: Params };
  readonly math: { readonly type: MathType; readonly params: Params };
  readonly risk: RiskGenes;
}
export interface DnaMetadata {
  readonly generation: number;
  readonly parents: readonly string[];
  readonly born: Birth;
  readonly seed: number;
}
export interface Dna {
  readonly schema: 1;
  readonly id: string;
  readonly genes: Genes;
  readonly metadata: DnaMetadata;
}
export interface DnaFault {
  /** JSON pointer (RFC 6901). */
  readonly path: string;
  readonly message: string;
}
type Bag = Record<string, unknown>;

/** Written upgrades: the entry n turns a document of schema n into one of schema n + 1. Schema 1 is the first. */
const UPGRADES: ReadonlyMap<number, (old: Bag) => Bag> = new Map();

export function parseDna(value: unknown): { readonly dna: Dna } | { readonly fault: DnaFault } {
  const reader = new DnaReader();
  const dna = reader.document(value);
  return reader.fault ? { fault: reader.fault } : { dna: dna as Dna };
}

/** Identity of behaviour: sha256 of the canonical genes, without id and metadata. */
export function dnaHash(dna: Dna): string {
  return sha256Hex(canonical(dna.genes));
}

/** Reads on after a fault with harmless values and keeps the first fault only. */
class DnaReader {
  fault: DnaFault | null = null;

  document(value: unknown): Dna | null {
    const outer = this.#upgraded(this.#bag('', value));
    this.#onlyKeys('', outer, ['schema', 'id', 'genes', 'metadata']);
    if (!isId('bot', outer['id'])) this.#refuse('/id', 'must be a bot_ id');
    const genes = this.#bag('/genes', outer['genes']);
    this.#onlyKeys('/genes', genes, ['betting', 'math', 'risk']);
    const betting = this.#block('/genes/betting', genes['betting'], BETTING_TYPES, BETTING_GENES);
    const math = this.#block('/genes/math', genes['math'], MATH_TYPES, MATH_GENES);
    const risk = this.#genes('/genes/risk', genes['risk'], RISK_GENES);
    const metadata = this.#metadata(this.#bag('/metadata', outer['metadata']));
    if (this.fault || !betting || !math) return null;
    const { min_odds: least, max_odds: most } = betting.params;
    if (Number(least) > Number(most)) this.#refuse('/genes/betting/params/max_odds', 'must not be below min_odds');
    const id = outer['id'] as string;
    return { schema: DNA_SCHEMA, id, genes: { betting, math, risk: risk as unknown as RiskGenes }, metadata };
  }

  #upgraded(document: Bag): Bag {
    let current = document;
    for (let version = current['schema']; version !== DNA_SCHEMA; version = current['schema']) {
      const upgrade = typeof version === 'number' ? UPGRADES.get(version) : undefined;
      if (!upgrade) {
        this.#refuse('/schema', `must be ${DNA_SCHEMA}`);
        return current;
      }
      current = upgrade(current);
    }
    return current;
  }

  #block<T extends string>(path: string, value: unknown, types: readonly T[], tables: Readonly<Record<T, readonly Gene[]>>) {
    const block = this.#bag(path, value);
    this.#onlyKeys(path, block, ['type', 'params']);
    const type = types.find((name) => name === block['type']);
    if (type === undefined) {
      this.#refuse(`${path}/type`, `must be one of ${types.join(', ')}`);
      return null;
    }
    return { type, params: this.#genes(`${path}/params`, block['params'], tables[type]) };
  }

  #genes(path: string, value: unknown, genes: readonly Gene[]): Params {
    const given = this.#bag(path, value);
    this.#onlyKeys(path, given, genes.map(geneName));
    const params: Record<string, GeneValue> = {};
    for (const gene of genes) {
      const name = geneName(gene);
      const reading = Object.hasOwn(given, name) ? readGene(gene, given[name]) : { value: gene.default };
      if ('fault' in reading) this.#refuse(gene.path, reading.fault);
      else params[name] = reading.value;
    }
    return params;
  }

  #metadata(given: Bag): DnaMetadata {
    this.#onlyKeys('/metadata', given, ['generation', 'parents', 'born', 'seed']);
    const { generation, parents, seed } = given;
    const born = BIRTHS.find((name) => name === given['born']);
    if (!Number.isInteger(generation) || (generation as number) < 0 || (generation as number) > GENERATION_MAX) {
      this.#refuse('/metadata/generation', `must be a whole number from 0 to ${GENERATION_MAX}`);
    }
    if (!Number.isSafeInteger(seed) || (seed as number) < 0)
      this.#refuse('/metadata/seed', 'must be a whole number, not negative');
    if (!born) this.#refuse('/metadata/born', `must be one of ${BIRTHS.join(', ')}`);
    const list = Array.isArray(parents) && parents.length <= PARENTS_MAX ? (parents as unknown[]) : null;
    if (!list) this.#refuse('/metadata/parents', `must be a list of at most ${PARENTS_MAX} bot_ ids`);
    else {
      const bad = list.findIndex((id) => !isId('bot', id));
      if (bad >= 0) this.#refuse(`/metadata/parents/${bad}`, 'must be a bot_ id');
    }
    return {
      generation: generation as number,
      parents: [...((list ?? []) as string[])],
      born: born ?? 'import',
      seed: seed as number,
    };
  }

  #bag(path: string, value: unknown): Bag {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Bag;
    this.#refuse(path, value === undefined ? 'is missing' : 'must be an object');
    return Object.create(null) as Bag;
  }

  #onlyKeys(path: string, bag: Bag, allowed: readonly string[]): void {
    const stranger = Object.keys(bag).find((key) => !allowed.includes(key));
    if (stranger === undefined) return;
    this.#refuse(`${path}/${stranger.slice(0, ECHO_MAX).replaceAll('~', '~0').replaceAll('/', '~1')}`, 'is unknown');
  }

  #refuse(path: string, message: string): void {
    this.fault ??= { path, message };
  }
}
