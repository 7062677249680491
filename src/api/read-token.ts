// Read your own writes: an answer carries `Read-Token: shard:seq`, and a read with `Min-Seq: shard:seq` waits for that place or says `busy`.
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiDeps } from './deps.ts';
import { refused } from './problem.ts';

export const MIN_SEQ_WAIT_MS = 100;
const FIRST_PAUSE_MS = 5;

export function giveToken(reply: FastifyReply, shard: number, seq: number): void {
  reply.header('read-token', `${shard}:${seq}`);
}

/** Waits until `seqNow` has reached what the request names; throws `busy` when that takes too long. */
export async function awaitMinSeq(request: FastifyRequest, deps: ApiDeps, seqNow: () => Promise<number>): Promise<void> {
  const wanted = minSeqOf(request, deps.readModels.shard);
  if (wanted === null) return;
  const deadline = performance.now() + MIN_SEQ_WAIT_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
    const have = await seqNow();
    if (have >= wanted) return;
    const left = deadline - performance.now();
    if (left <= 0) throw refused('busy', { path: '/headers/min-seq', need: wanted, have, retryAfterMs: MIN_SEQ_WAIT_MS });
    await sleep(Math.min(pause, left));
  }
}

/** The read models' own place. */
export function awaitProjection(request: FastifyRequest, deps: ApiDeps): Promise<void> {
  return awaitMinSeq(request, deps, () => deps.readModels.projectedSeq());
}

function minSeqOf(request: FastifyRequest, shard: number): number | null {
  const header = request.headers['min-seq'];
  if (typeof header !== 'string') return null;
  const [of = '', seq = ''] = header.split(':');
  if (Number(of) !== shard) throw refused('not_found', { path: '/headers/min-seq' }, `this ledger lives on shard ${shard}`);
  const wanted = Number(seq);
  if (!Number.isSafeInteger(wanted)) throw refused('malformed', { path: '/headers/min-seq' });
  return wanted;
}
