// One kind of question to the writer of a ledger: who may ask it, what it takes and what it tells. The writer checks all three itself, wherever
// the question comes from, and whoever asked checks what it was told. Answered from memory and at once; it may be a few milliseconds ahead of the
// last COMMIT, never behind it.
import { z } from 'zod';
import type { Refusal } from '#core/base/refusal.ts';
import type { LedgerState, ShardState } from '#core/kernel/state.ts';
import type { Page, Viewer } from '#ports/read-models.ts';

export interface Question<Ask, Told> {
  /** `owners` get what their tenant and they themselves own, and nothing of others. */
  readonly for: 'anybody' | 'owners' | 'operators';
  readonly ask: z.ZodType<Ask>;
  readonly told: z.ZodType<Told>;
  readonly tell: (ledger: LedgerState, ask: Ask, viewer: Viewer | null) => Told | Refusal;
}

/** A part of the writer: what it folded, and how far it has committed. */
export interface WriterView {
  readonly status: string;
  readonly state: Readonly<ShardState> | null;
  readonly place: { readonly seq: number } | null;
}

export interface LedgerPlace {
  readonly shard: number;
  readonly ledgerId: string;
}

/** Lets the compiler find the types of one question from its schemas. */
export function question<Ask, Told>(of: Question<Ask, Told>): Question<Ask, Told> {
  return of;
}

/** Whether a viewer may see what somebody owns. */
export function maySee(viewer: Viewer | null, of: { readonly ownerId: string; readonly tenantId: string }): boolean {
  return viewer !== null && of.tenantId === viewer.tenantId && (viewer.wholeTenant || of.ownerId === viewer.ownerId);
}

/** Rows of one answer; a longer list is asked for page by page. */
export const ROWS_MAX = 1_000;
const zAfter = z.array(z.union([z.string(), z.number()])).readonly();
export const zPageAsk = z.object({
  limit: z.int().min(1).max(ROWS_MAX),
  after: zAfter.nullable(),
});

export function zPageOf<Row>(row: z.ZodType<Row>): z.ZodType<Page<Row>> {
  return z.object({ items: z.array(row), after: zAfter.nullable() });
}

/** The first rows of those left, and where the next page begins. */
export function cut<Row>(left: readonly Row[], limit: number, keyOf: (last: Row) => Page<Row>['after']): Page<Row> {
  const items = left.slice(0, limit);
  const last = items.at(-1);
  return { items, after: last !== undefined && left.length > limit ? keyOf(last) : null };
}
