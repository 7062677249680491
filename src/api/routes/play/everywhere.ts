// One command to every ledger: what bars a person must bind wherever money of his may be. Each ledger gets a key that follows from the request's,
// so that asking again with the same key reaches those that did not answer and changes nothing in the others.
import type { FastifyRequest } from 'fastify';
import { deriveId, idTime } from '#core/base/ids.ts';
import type { Refusal } from '#core/base/refusal.ts';
import type { Command } from '#core/kernel/command.ts';
import type { LedgerRow, PageAsk } from '#ports/read-models.ts';
import type { ApiDeps } from '../../deps.ts';
import { RefusedError } from '../../problem.ts';
import { ask, keyOf, type Receipt } from '../../submit.ts';

/** Ledgers read at once. */
const LEDGERS_PER_PAGE = 200;

export interface Everywhere {
  readonly cmd: Command;
  readonly via: 'api' | 'operator';
}

/** Receipts by ledger. Throws after all were asked: what must be asked again before what says no, and that only if all say so. */
export async function everywhere(
  request: FastifyRequest,
  deps: ApiDeps,
  order: Everywhere,
): Promise<{ ledgers: (Receipt & { ledgerId: string })[] }> {
  const base = keyOf(request, deps);
  const ledgers = await allLedgers(deps);
  const answers = await Promise.all(
    ledgers.map(async ({ ledgerId }) => {
      const commandId = keyIn(base, ledgerId, deps.ledgerId);
      const there = { ...deps, ledgerId };
      return { ledgerId, answer: await ask(request, there, { ...order, commandId, lane: 'control' }).catch(refusalOf) };
    }),
  );
  const refusals = answers.flatMap(({ answer }) =>
    'next' in answer ? [answer] : answer.result === 'done' ? [] : [answer.result],
  );
  const again = refusals.find(({ next }) => next === 'retry');
  // Some ledgers may have known already: a younger one is told what the older ones were.
  const first = refusals.length === answers.length ? refusals[0] : undefined;
  if (again ?? first) throw new RefusedError((again ?? first) as Refusal);
  const done = answers.flatMap(({ answer, ledgerId }) =>
    'next' in answer || answer.result !== 'done' ? [] : [{ ...answer, ledgerId }],
  );
  return { ledgers: done.map(({ commandId, ledgerId, seq, shard }) => ({ commandId, ledgerId, seq, shard })) };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof RefusedError) return error.refusal;
  throw error;
}

/** The request's own for the ledger of the API, and one that follows from it elsewhere. */
function keyIn(base: string, ledgerId: string, own: string): string {
  return ledgerId === own ? base : deriveId('cmd', idTime(base) ?? 0, `${base} in ${ledgerId}`);
}

async function allLedgers(deps: ApiDeps): Promise<LedgerRow[]> {
  const all: LedgerRow[] = [];
  let after: PageAsk['after'] = null;
  do {
    const page = await deps.readModels.ledgers({ limit: LEDGERS_PER_PAGE, after });
    all.push(...page.items);
    ({ after } = page);
  } while (after !== null);
  return all;
}
