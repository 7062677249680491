// From a checked request to the writer and back. The actor is the caller's principal; a refusal becomes an error with its own status.
import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { makeId } from '#core/base/ids.ts';
import type { Command, Lane } from '#core/kernel/command.ts';
import { type Answer, encodeEnvelope } from '#engine/envelope.ts';
import { callerOf } from './authentication.ts';
import type { ApiDeps } from './deps.ts';
import { RefusedError, refused } from './problem.ts';
import { giveToken } from './read-token.ts';

const ANSWER_WAIT_MS = 10_000;
/** How long a caller waits before it asks again with the same key, ms. */
const ASK_AGAIN_MS = 500;

export interface Order {
  readonly cmd: Command;
  readonly lane: Lane;
  readonly via: 'api' | 'operator';
}

export interface Receipt {
  readonly commandId: string;
  readonly shard: number;
  readonly seq: number;
}

/** Sends a command under the request's Idempotency-Key and returns its journal place. Throws the writer's refusal. */
export async function submit(request: FastifyRequest, reply: FastifyReply, deps: ApiDeps, order: Order): Promise<Receipt> {
  const answer = await ask(request, deps, { ...order, commandId: keyOf(request, deps) });
  const { commandId, result, seq, shard } = answer;
  if (seq > 0) giveToken(reply, shard, seq);
  if (result !== 'done') throw new RefusedError(result);
  return { commandId, shard, seq };
}

/** Sends a command under a key of the server's own choice and returns the answer, also a refusal. Throws when there is none. */
export async function ask(
  request: FastifyRequest,
  deps: ApiDeps,
  order: Order & { readonly commandId: string },
): Promise<Answer> {
  const { ownerId, tenantId } = callerOf(request);
  const { cmd, commandId, lane, via } = order;
  const encoded = encodeEnvelope({ commandId, ledgerId: deps.ledgerId, actor: { ownerId, tenantId, via }, lane, cmd });
  const counted = (outcome: string): void => {
    if (cmd.type === 'PlaceBet' || cmd.type === 'PlaceMultiple') deps.metrics.count('palpite_bets_total', 1, { via, outcome });
  };
  const sent = deps.traces?.follow(request.span?.traceparent, 'command.send') ?? null;
  const answer = await answerOf(encoded, deps, sent?.traceparent).catch((error: RefusedError) => {
    sent?.end({ 'palpite.result': error.refusal.code });
    counted(error.refusal.code);
    throw error;
  });
  sent?.end({ 'palpite.command': cmd.type });
  counted(answer.result === 'done' ? 'done' : answer.result.code);
  return answer;
}

/** Given by the caller; where a repetition does no harm, the server makes one. */
export function keyOf(request: FastifyRequest, deps: ApiDeps): string {
  const header = request.headers['idempotency-key'];
  return typeof header === 'string' ? header : makeId('cmd', deps.clock.now(), randomBytes(10));
}

/** Throws RefusedError and nothing else. */
function answerOf(encoded: string, deps: ApiDeps, traceparent: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const unknown = (): void => reject(refused('outcome_unknown', { retryAfterMs: ASK_AGAIN_MS }));
    const timer = setTimeout(unknown, deps.options.answerWaitMs ?? ANSWER_WAIT_MS);
    const failed = (error: unknown): void => {
      clearTimeout(timer);
      if (error instanceof RefusedError) return reject(error);
      deps.log.warn('api.submit_failed', { error: String(error) });
      unknown();
    };
    const answered = (text: string): void => {
      clearTimeout(timer);
      resolve(JSON.parse(text) as Answer);
    };
    deps.commands.submit(encoded, traceparent).then(answered).catch(failed);
  });
}

/** Members that were not sent are not members: the command is hashed as it stands. */
export function withoutGaps<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}
