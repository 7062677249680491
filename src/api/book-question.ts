// The order books of a market, wherever the writer is: read from its memory in this process, or asked of it through its door.
import type { Questions } from '#ports/questions.ts';
import { type LiveBook, LiveLedger, type LedgerPlace, type WriterView } from './live-ledger.ts';

interface BookQuestion extends LedgerPlace {
  readonly depth: number;
  readonly marketId: string;
}

export interface BookAnswer {
  /** What the writer had committed, at least. */
  readonly seq: number;
  /** Null when the market has no exchange. */
  readonly book: LiveBook | null;
}

/** Null while nobody who writes the ledger answers. */
export async function bookAt(
  { live, questions }: { readonly live: LiveLedger | null; readonly questions?: Questions | undefined },
  question: BookQuestion,
): Promise<BookAnswer | null> {
  const seq = live?.seq ?? null;
  if (live && seq !== null) return { seq, book: live.book(question.marketId, question.depth) };
  if (!questions) return null;
  const { depth, ledgerId, marketId, shard } = question;
  const text = await questions.ask(shard, JSON.stringify({ depth, ledgerId, marketId, shard })).catch(() => null);
  const answer = text === null ? null : (JSON.parse(text) as Partial<BookAnswer>);
  return answer && answer.seq !== undefined && answer.book !== undefined ? { seq: answer.seq, book: answer.book } : null;
}

/** The writer's side. Who does not write the ledger says so, and the caller looks for who does. */
export function answerBook(writerOf: (shard: number) => WriterView | null, text: string): string {
  const { depth, ledgerId, marketId, shard } = JSON.parse(text) as BookQuestion;
  const live = new LiveLedger(writerOf, { shard, ledgerId });
  const { seq } = live;
  return JSON.stringify(seq === null ? { code: 'writer_moving' } : { seq, book: live.book(marketId, depth) });
}
