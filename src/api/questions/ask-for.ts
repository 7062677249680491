// A read whose answer only the writer's memory knows, for a request: no older than the request wants, and with the token of its place.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { viewerOf } from '../authentication.ts';
import type { ApiDeps } from '../deps.ts';
import { awaitMinSeq, giveToken } from '../read-token.ts';
import { type Answer, type Ask, askWriter, type Asker, type Kind } from './questions.ts';

/** `here` is the edge over the ledger of the request. Throws like askWriter(), and `busy` when the writer does not come as far in time. */
export async function askFor<K extends Kind>(
  { here, reply, request }: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly here: ApiDeps },
  kind: K,
  ask: Ask<K>,
): Promise<Answer<K>> {
  const asker = askerOf(request, here);
  let answer = await askWriter(asker, kind, ask);
  let isNew = true;
  await awaitMinSeq(request, here, async () => {
    if (!isNew) answer = await askWriter(asker, kind, ask);
    isNew = false;
    return answer.seq;
  });
  giveToken(reply, here.readModels.shard, answer.seq);
  return answer;
}

export function askerOf(request: FastifyRequest, { ledgerId, questions, readModels }: ApiDeps): Asker {
  return { questions, ledgerId, shard: readModels.shard, viewer: request.principal ? viewerOf(request) : null };
}
