// The one place where suppliers' names and ids meet ours, and the queue of what a person has to match.

export type AliasKind = 'fixture' | 'team' | 'competition';

export interface Alias {
  readonly source: string;
  readonly kind: AliasKind;
  readonly foreignId: string;
  readonly ourId: string;
  /** The supplier lists home and away the other way round. */
  readonly swapped: boolean;
}

export interface Unmatched {
  readonly source: string;
  readonly kind: AliasKind;
  readonly foreignId: string;
  /** What the supplier said about it, for the person who looks. */
  readonly payload: Readonly<Record<string, string | number>>;
  readonly suggestion: string | null;
}

export interface Aliases {
  find(source: string, asked: readonly { readonly kind: AliasKind; readonly foreignId: string }[]): Promise<Alias[]>;
  /** Aliases of any source for fixtures of ours. */
  findOurs(eventIds: readonly string[]): Promise<Alias[]>;
  /** Keeps what is there: an alias that a person made is never overwritten. */
  add(aliases: readonly Alias[], by: string): Promise<void>;
  /** Our ids that some alias names, for suggestions. */
  ourIds(kind: AliasKind): Promise<string[]>;
  /** Puts into the review queue; what is there already is counted once more. */
  queue(items: readonly Unmatched[]): Promise<void>;
}
