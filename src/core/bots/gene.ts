// A gene: one named, bounded parameter of a bot. Reading a value either gives it back on its grid or says what is wrong;
// two spellings of the same behaviour become the same value, so that equal bots have equal hashes.

interface GeneBase {
  /** JSON pointer inside a DNA document. */
  readonly path: string;
  readonly doc: string;
}
export interface NumberGene extends GeneBase {
  readonly kind: 'int' | 'number';
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly default: number;
  readonly mutate: 'gauss' | 'log';
  /** Spread of a change: in the gene's own unit for 'gauss', in natural logarithms for 'log'. */
  readonly sigma: number;
}
export interface EnumGene extends GeneBase {
  readonly kind: 'enum';
  readonly choices: readonly string[];
  readonly default: string;
  readonly mutate: 'pick';
}
export interface SetGene extends GeneBase {
  readonly kind: 'set';
  readonly choices: readonly string[];
  readonly default: readonly string[];
  readonly mutate: 'pick';
}
export type Gene = NumberGene | EnumGene | SetGene;
export type GeneValue = number | string | readonly string[];
export type Params = Readonly<Record<string, GeneValue>>;

/** The gene's own name: the last part of its path. */
export function geneName(gene: Gene): string {
  return gene.path.slice(gene.path.lastIndexOf('/') + 1);
}

export type GeneReading = { readonly value: GeneValue } | { readonly fault: string };

/** Checks a value against a gene. Numbers outside the range are refused, inside they move to the nearest step. */
export function readGene(gene: Gene, value: unknown): GeneReading {
  if (gene.kind === 'enum') return readEnum(gene, value);
  if (gene.kind === 'set') return readSet(gene, value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return { fault: 'must be a finite number' };
  if (value < gene.min || value > gene.max) return { fault: `must be from ${gene.min} to ${gene.max}` };
  if (gene.kind === 'int' && !Number.isInteger(value)) return { fault: 'must be a whole number' };
  return { value: quantise(gene, value) };
}

/** Nearest grid point min + k * step, printed with no more decimals than the grid has, never above max. */
export function quantise(gene: NumberGene, value: number): number {
  const steps = Math.round((value - gene.min) / gene.step);
  const decimals = Math.max(decimalsOf(gene.step), decimalsOf(gene.min));
  return Math.min(gene.max, Number((gene.min + steps * gene.step).toFixed(decimals)));
}

function readEnum(gene: EnumGene, value: unknown): GeneReading {
  if (typeof value !== 'string' || !gene.choices.includes(value)) return { fault: `must be one of ${gene.choices.join(', ')}` };
  return { value };
}

function readSet(gene: SetGene, value: unknown): GeneReading {
  const allowed = `must be a list of distinct names out of ${gene.choices.join(', ')}`;
  if (!Array.isArray(value) || value.length === 0 || value.length > gene.choices.length) return { fault: allowed };
  const named = new Set<unknown>(value);
  if (named.size !== value.length) return { fault: allowed };
  for (const name of named) if (typeof name !== 'string' || !gene.choices.includes(name)) return { fault: allowed };
  return { value: gene.choices.filter((choice) => named.has(choice)) };
}

function decimalsOf(step: number): number {
  const point = String(step).indexOf('.');
  return point < 0 ? 0 : String(step).length - point - 1;
}

/** Readers for compiled genes: the document was checked, so a wrong type here is a bug. */
export function numberIn(params: Params, name: string): number {
  const value = params[name];
  if (typeof value !== 'number') throw new TypeError(`gene ${name} is not a number`);
  return value;
}

export function textIn(params: Params, name: string): string {
  const value = params[name];
  if (typeof value !== 'string') throw new TypeError(`gene ${name} is not a text`);
  return value;
}

export function setIn(params: Params, name: string): readonly string[] {
  const value = params[name];
  if (!Array.isArray(value)) throw new TypeError(`gene ${name} is not a set`);
  return value as readonly string[];
}

/** Decimal odds as thousandths. */
export function milliIn(params: Params, name: string): number {
  return Math.round(numberIn(params, name) * 1000);
}

/** A share as parts per million. */
export function ppmIn(params: Params, name: string): number {
  return Math.round(numberIn(params, name) * 1_000_000);
}
