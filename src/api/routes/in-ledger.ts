// Which ledger a request is about: `main`, or the one that its header names. Ledgers never change once they are there, so each is looked up once.
import type { FastifyRequest } from 'fastify';
import type { LedgerRow } from '#ports/read-models.ts';
import type { ApiDeps } from '../deps.ts';
import { refused } from '../problem.ts';

export const LEDGER_HEADER = 'palpite-ledger';

interface Known {
  readonly row: LedgerRow;
  readonly deps: ApiDeps;
}
const known = new WeakMap<ApiDeps, Map<string, Known>>();

/** The same edge over the ledger of the request; `name` is for who cannot send headers, as browsers with sockets. Throws `not_found` for one that is not there. */
export async function inLedger(
  request: FastifyRequest,
  deps: ApiDeps,
  name: unknown = request.headers[LEDGER_HEADER],
): Promise<ApiDeps> {
  if (typeof name !== 'string' || name === deps.ledgerId) return deps;
  const found = await find(deps, name);
  if (!found) throw refused('not_found', { path: `/headers/${LEDGER_HEADER}` }, 'there is no such ledger');
  return found.deps;
}

/** What is known of a ledger, or null. */
export async function ledgerNamed(deps: ApiDeps, ledgerId: string): Promise<LedgerRow | null> {
  return (await find(deps, ledgerId))?.row ?? null;
}

async function find(deps: ApiDeps, ledgerId: string): Promise<Known | null> {
  let ledgers = known.get(deps);
  if (!ledgers) known.set(deps, (ledgers = new Map()));
  const before = ledgers.get(ledgerId);
  if (before) return before;
  const row = await deps.readModels.ledger(ledgerId);
  if (!row) return null;
  const own = ledgerId === deps.ledgerId ? deps : { ...deps, ledgerId, readModels: deps.readModels.at(row) };
  const found = { row, deps: own };
  ledgers.set(ledgerId, found);
  return found;
}
