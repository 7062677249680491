// Cash-out offers and taking them up. An offer is signed and lives for seconds; nothing is stored of it. Whether it is ours is checked here, what the
// bet is worth by then the ledger decides for itself.
import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { makeId } from '#core/base/ids.ts';
import { mulDiv } from '#core/base/money.ts';
import { legFactor } from '#core/bets/multiples/multiple-payout.ts';
import type { System } from '#core/bets/multiples/systems.ts';
import { cashOutValueMinor, multipleValueMinor, nearestPart, openFactor } from '#core/cash-out/cash-out-value.ts';
import { parseMarketId } from '#core/catalog/market.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Limits } from '#core/risk/limits.ts';
import type { BetRow } from '#ports/read-models.ts';
import { viewerOf } from '../../authentication.ts';
import { zBetParams, zKeyHeaders, zMinSeqHeaders } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { inLedger } from '../in-ledger.ts';
import { refused } from '../../problem.ts';
import { awaitProjection } from '../../read-token.ts';
import { submit } from '../../submit.ts';
import { timeText } from '../../wire.ts';
import { type CashOutOffer, zCashOutOffer, zCashOutReceipt, zOfferBody, zOfferQuery } from './cash-out-contract.ts';

const tags = ['bets'];
const MILLION = 1_000_000;

interface Part {
  readonly stakeMinor?: number | undefined;
  readonly portionPpm?: number | undefined;
}

export function addCashOut(app: Api, deps: ApiDeps): void {
  const offered = {
    tags,
    summary: 'What an open bet, or part of it, can be cashed out for now',
    description:
      'A signed offer that lives for seconds. `portionPpm` (millionths) or `stakeMinor` say how much of the stake is to be given up; without them it is all of it. Each line of several gives up the same: another `stakeMinor` is refused, with the nearest that fits in `need`; a portion is rounded down to one that fits.',
    params: zBetParams,
    headers: zMinSeqHeaders,
    response: { 200: zCashOutOffer },
  };
  app.get(
    '/v1/bets/:id/cash-out-offer',
    { schema: { ...offered, querystring: zOfferQuery }, config: { scope: 'read' } },
    (request) => offer(request, deps, request.params.id, request.query),
  );
  app.post('/v1/bets/:id/cash-out-offer', { schema: { ...offered, body: zOfferBody }, config: { scope: 'read' } }, (request) =>
    offer(request, deps, request.params.id, request.body ?? {}),
  );

  const taken = {
    tags,
    summary: 'Cash a bet out',
    description:
      'Takes an offer up as it was given. It is refused once it has expired, when the bet is worth less by now, and when the bet was changed since.',
    params: zBetParams,
    headers: zKeyHeaders,
    body: zCashOutOffer,
    response: { 201: zCashOutReceipt },
  };
  app.post('/v1/bets/:id/cash-out', { schema: taken, config: { scope: 'bet' } }, (request, reply) =>
    take(request, reply, { deps, betId: request.params.id, offer: request.body }),
  );
}

async function offer(request: FastifyRequest, deps: ApiDeps, betId: string, part: Part): Promise<CashOutOffer> {
  const here = await inLedger(request, deps);
  await awaitProjection(request, here);
  const { bet } = await here.readModels.bet(viewerOf(request), betId);
  if (!bet) throw refused('not_found', { path: '/params/id' });
  if (bet.status !== 'accepted') throw refused('already_resolved', { path: '/params/id' }, `the bet is ${bet.status}`);
  if (bet.eachWay) throw refused('condition_not_met', { path: '/params/id' }, 'bets each way cannot be cashed out');
  const ofMinor = bet.stakeMinor - bet.cashedStakeMinor;
  const stakeMinor = partOf(bet, ofMinor, part);
  const limits = await here.readModels.limits();
  const prices = await pricesOf(here, bet, limits);
  const amountMinor = valueOf(bet, stakeMinor, { prices, limits });
  if (amountMinor === 0) throw refused('condition_not_met', {}, 'this part of the bet is worth nothing');
  const now = here.clock.now();
  const unsigned = {
    offerId: makeId('offer', now, randomBytes(10)),
    ledgerId: here.ledgerId,
    betId,
    holder: bet.holder,
    ofMinor,
    stakeMinor,
    amountMinor,
    currency: bet.currency,
    quoteSeq: prices.find((price) => price !== null)?.quoteSeq ?? 0,
    delayMs: Math.max(0, ...prices.map((price) => price?.delayMs ?? 0)),
    expiresAt: timeText(now + limits.cashOutOfferMs),
  };
  return { ...unsigned, ...here.offers.sign(textOf(unsigned)) };
}

/** How much of the stake is given up. Of several lines each gives up the same. */
function partOf({ lines }: BetRow, ofMinor: number, { portionPpm = MILLION, stakeMinor }: Part): number {
  if (stakeMinor === undefined) return lines * Math.max(1, mulDiv(ofMinor / lines, portionPpm, MILLION, 'floor'));
  if (stakeMinor > ofMinor) throw refused('step_invalid', { need: ofMinor, have: stakeMinor, path: '/stakeMinor' });
  if (stakeMinor % lines === 0) return stakeMinor;
  const need = nearestPart(lines, stakeMinor);
  throw refused('step_invalid', { need, have: stakeMinor, path: '/stakeMinor' }, `each of ${lines} lines gives up the same`);
}

interface PriceNow {
  readonly oddsMilli: number;
  readonly quoteSeq: number;
  readonly delayMs: number;
}

/** What each leg costs now; null for one that is decided. */
function pricesOf(here: ApiDeps, { legs }: BetRow, limits: Limits): Promise<(PriceNow | null)[]> {
  return Promise.all(
    legs.map(async ({ marketId, outcome, selectionId }) => {
      if (outcome) return null;
      const { betDelayMs: delayMs, prices, quoteSeq } = await quoteFor(here, marketId, limits);
      const price = prices.find((each) => each.selectionId === selectionId);
      if (!price) throw refused('selection_withdrawn');
      return { oddsMilli: price.oddsMilli, quoteSeq, delayMs };
    }),
  );
}

function valueOf(
  { legs, lines, system }: BetRow,
  stakeMinor: number,
  { limits, prices }: { readonly limits: Limits; readonly prices: readonly (PriceNow | null)[] },
): number {
  const [leg] = legs;
  if (system === null && leg && prices[0])
    return cashOutValueMinor({ stakeMinor, oddsMilli: leg.oddsMilli }, prices[0].oddsMilli, limits.cashOutMarginPpm);
  const factors = legs.map(({ oddsMilli, outcome }, i) => {
    const now = prices[i];
    if (now) return openFactor(oddsMilli, now.oddsMilli);
    const [wonNum = 0, wonDen = 1, backNum = 0, backDen = 1] = outcome ?? [];
    return legFactor(oddsMilli, { won: [wonNum, wonDen], back: [backNum, backDen] });
  });
  return multipleValueMinor(
    { system: system as System, stakePerLineMinor: stakeMinor / lines, factors },
    limits.cashOutMarginPpm,
  );
}

/** The executable price of the bet's market, as fresh as the ledger would ask for. */
async function quoteFor({ clock, options, readModels }: ApiDeps, marketId: string, limits: Limits): Promise<Quote> {
  const eventId = parseMarketId(marketId)?.eventId ?? '';
  const quotes = (await readModels.odds(eventId)).map(({ quote }) => quote);
  const quote = quotes.find((each) => each.marketId === marketId && (options.executableBook ?? each.source) === each.source);
  if (!quote) throw refused('price_stale');
  if (quote.status === 'suspended') throw refused('market_suspended');
  if (quote.status === 'closed') throw refused('market_closed');
  const limitMs = quote.inPlay ? limits.staleMsInPlay : limits.staleMsPreMatch;
  const ageMs = clock.now() - quote.confirmedAt;
  if (ageMs > limitMs) throw refused('price_stale', { need: limitMs, have: ageMs });
  return quote;
}

async function take(
  request: FastifyRequest,
  reply: FastifyReply,
  of: { readonly deps: ApiDeps; readonly betId: string; readonly offer: CashOutOffer },
) {
  const { keyId, signature, ...unsigned } = of.offer;
  const here = await inLedger(request, of.deps);
  // Signed or not: an offer is good for its own bet in its own ledger only.
  if (unsigned.betId !== of.betId) throw refused('malformed', { path: '/betId' }, 'the offer is for another bet');
  if (unsigned.ledgerId !== here.ledgerId) throw refused('malformed', { path: '/ledgerId' }, 'the offer is for another ledger');
  if (!here.offers.verify(textOf(unsigned), { keyId, signature }))
    throw refused('forbidden', { path: '/signature' }, 'this offer was not made here, or was changed');
  const { amountMinor, betId, delayMs, holder, offerId, ofMinor, quoteSeq, stakeMinor } = unsigned;
  const expiresAt = Date.parse(unsigned.expiresAt);
  const amounts = { ofMinor, stakeMinor, amountMinor };
  const cmd = { type: 'CashOutBet', betId, holder, offerId, ...amounts, quoteSeq, expiresAt } as const;
  const receipt = await submit(request, reply, here, { cmd, lane: 'people', via: 'api' });
  reply.code(201);
  return { ...receipt, betId, offerId, status: delayMs > 0 ? ('pending' as const) : ('cashed_out' as const) };
}

/** What is signed: every part, in one order. */
function textOf(offer: Omit<CashOutOffer, 'keyId' | 'signature'>): string {
  const { amountMinor, betId, currency, delayMs, expiresAt, holder, ledgerId, offerId, ofMinor, quoteSeq, stakeMinor } = offer;
  return JSON.stringify([
    'cash-out 1',
    offerId,
    ledgerId,
    betId,
    holder,
    ofMinor,
    stakeMinor,
    amountMinor,
    currency,
    quoteSeq,
    delayMs,
    expiresAt,
  ]);
}
