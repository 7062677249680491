// THE table of questions that a ledger's writer answers from memory, in this process or through its door, and both ends of their way there.
import { z } from 'zod';
import { isReasonCode, type Refusal, refuse } from '#core/base/refusal.ts';
import type { Viewer } from '#ports/read-models.ts';
import { type Questions, UnansweredError } from '#ports/questions.ts';
import { RefusedError, refused } from '../problem.ts';
import { cashOut } from './bet-questions.ts';
import { playUsed, wallet } from './holder-questions.ts';
import { deskLimits, liability, reviews, risk, settlementRules } from './house-questions.ts';
import { book, marketLiability, preview, pricing } from './market-questions.ts';
import type { LedgerPlace, Question, WriterView } from './question.ts';

export const QUESTIONS = {
  book,
  cashOut,
  deskLimits,
  liability,
  marketLiability,
  playUsed,
  preview,
  pricing,
  reviews,
  risk,
  settlementRules,
  wallet,
};

export type Kind = keyof typeof QUESTIONS;
type Of<K extends Kind> = (typeof QUESTIONS)[K];
export type Ask<K extends Kind> = Of<K> extends Question<infer A, infer _T> ? A : never;
export type Told<K extends Kind> = Of<K> extends Question<infer _A, infer T> ? T : never;

/** Longest text of a question and of an answer, characters: one that is longer is `too_large`. */
export const QUESTION_CHARS_MAX = 256 * 1024;
export const ANSWER_CHARS_MAX = 2 * 1024 * 1024;
/** When to ask again where nobody answered, ms. */
const RETRY_AFTER_MS = 500;

const zViewer = z.object({ ownerId: z.string(), tenantId: z.string(), wholeTenant: z.boolean() });
const zAsked = z.object({
  v: z.literal(1),
  kind: z.string(),
  shard: z.int(),
  ledgerId: z.string(),
  viewer: zViewer.nullable(),
  ask: z.unknown().optional(),
});
const zRefusal = z.custom<Refusal>((value) => isReasonCode(String((value as Partial<Refusal> | null)?.code)));
const zAnswer = z.object({ seq: z.int(), told: z.unknown().optional(), refusal: zRefusal.optional() });
const MOVING = JSON.stringify({ code: 'writer_moving' });

export interface Asker extends LedgerPlace {
  readonly questions: Questions;
  /** For whom it is asked; null for somebody without a key. */
  readonly viewer: Viewer | null;
}

export interface Answer<K extends Kind> {
  /** How far the writer had committed, at least. */
  readonly seq: number;
  readonly told: Told<K>;
}

/** What the writer of a ledger says. Throws its refusal, and `writer_moving` while nobody writes the ledger. */
export async function askWriter<K extends Kind>(
  { ledgerId, questions, shard, viewer }: Asker,
  kind: K,
  ask: Ask<K>,
): Promise<Answer<K>> {
  const text = JSON.stringify({ v: 1, kind, shard, ledgerId, viewer, ask });
  if (text.length > QUESTION_CHARS_MAX) throw refused('too_large', { need: QUESTION_CHARS_MAX, have: text.length });
  const answer = await questions.ask(shard, text).catch((error: unknown) => {
    if (error instanceof UnansweredError) throw refused(error.code, { retryAfterMs: RETRY_AFTER_MS });
    throw error;
  });
  if (answer === MOVING) throw refused('writer_moving', { retryAfterMs: RETRY_AFTER_MS });
  const { refusal, seq, told } = zAnswer.parse(JSON.parse(answer));
  if (refusal) throw new RefusedError(refusal);
  return { seq, told: QUESTIONS[kind].told.parse(told) as Told<K> };
}

/** The writer's side, for a process with writers. Who does not write the ledger says so, and the caller looks for who does. */
export function answerQuestion(writerOf: (shard: number) => WriterView | null, text: string): string {
  const asked = text.length > QUESTION_CHARS_MAX ? null : zAsked.safeParse(JSON.parse(text));
  if (!asked?.success) return refusalText(0, refuse(asked ? 'malformed' : 'too_large'));
  const { ledgerId, shard } = asked.data;
  const writer = writerOf(shard);
  if (writer?.status !== 'writing' || !writer.state || !writer.place) return MOVING;
  const { seq } = writer.place;
  const ledger = writer.state.ledgers.get(ledgerId);
  if (!ledger) return refusalText(seq, refuse('not_found', { path: '/ledgerId' }));
  const answer = tell(ledger, asked.data);
  if (isRefusal(answer)) return refusalText(seq, answer);
  const told = JSON.stringify({ seq, told: answer });
  return told.length > ANSWER_CHARS_MAX
    ? refusalText(seq, refuse('too_large', { need: ANSWER_CHARS_MAX, have: told.length }))
    : told;
}

function tell(ledger: Parameters<Of<Kind>['tell']>[0], asked: z.infer<typeof zAsked>): unknown {
  if (!Object.hasOwn(QUESTIONS, asked.kind)) return refuse('malformed', { path: '/kind' });
  const of = QUESTIONS[asked.kind as Kind] as Question<unknown, unknown>;
  const { viewer } = asked;
  if (of.for !== 'anybody' && (viewer === null || (of.for === 'operators' && !viewer.wholeTenant))) return refuse('forbidden');
  const ask = of.ask.safeParse(asked.ask);
  return ask.success ? of.tell(ledger, ask.data, viewer) : refuse('malformed', { path: '/ask' });
}

function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === 'object' && answer !== null && 'severity' in answer;
}

function refusalText(seq: number, refusal: Refusal): string {
  return JSON.stringify({ seq, refusal });
}
