// Cash-out offers and taking them up. An offer is signed and lives for seconds; nothing is stored of it. What the bet is worth the ledger says, when
// it is offered and again when it is taken up; whether an offer is ours is checked here.
import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { makeId } from '#core/base/ids.ts';
import { placeMarketId } from '#core/bets/each-way/each-way.ts';
import type { Part } from '#core/cash-out/offer.ts';
import { parseMarketId } from '#core/catalog/market.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { BetRow } from '#ports/read-models.ts';
import { viewerOf } from '../../authentication.ts';
import { zBetParams, zKeyHeaders, zMinSeqHeaders } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { askerOf } from '../../questions/ask-for.ts';
import { type Ask, askWriter } from '../../questions/questions.ts';
import { inLedger } from '../in-ledger.ts';
import { refused } from '../../problem.ts';
import { awaitProjection } from '../../read-token.ts';
import { submit } from '../../submit.ts';
import { timeText } from '../../wire.ts';
import { type CashOutOffer, zCashOutOffer, zCashOutReceipt, zOfferBody, zOfferQuery } from './cash-out-contract.ts';

const tags = ['bets'];

export function addCashOut(app: Api, deps: ApiDeps): void {
  const offered = {
    tags,
    summary: 'What an open bet, or part of it, can be cashed out for now',
    description:
      'A signed offer that lives for seconds. `portionPpm` (millionths) or `stakeMinor` say how much of the stake is to be given up; without them it is all of it. Each line of several gives up the same: another `stakeMinor` is refused, with the nearest that fits in `need`; a portion is rounded down to one that fits. Each way the win and the place give up the same; without a market of as many places there is no price for the second, and no offer.',
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
  const now = here.clock.now();
  // Whoever will judge the offer when it is taken up makes it: nothing is offered that would be refused at these prices.
  const { told } = await askWriter(askerOf(request, here), 'cashOut', { betId, part, now, quotes: await quotesOf(here, bet) });
  const { offerMs, ...terms } = told;
  const unsigned = {
    offerId: makeId('offer', now, randomBytes(10)),
    ledgerId: here.ledgerId,
    betId,
    ...terms,
    expiresAt: timeText(now + offerMs),
  };
  return { ...unsigned, ...here.offers.sign(textOf(unsigned)) };
}

type AskedQuote = Ask<'cashOut'>['quotes'][number];

/** The executable quotes of the bet's markets, each way of that of the places as well, as far as the writer reads them: an outright may have hundreds of other prices. */
async function quotesOf({ options, readModels }: ApiDeps, { eachWay, legs }: BetRow): Promise<Ask<'cashOut'>['quotes']> {
  const open = legs.filter(({ outcome }) => outcome === null).map(({ marketId }) => marketId);
  const events = [...new Set(open.map((marketId) => parseMarketId(marketId)?.eventId ?? ''))];
  const wanted = new Set(eachWay ? [...open, ...events.map((eventId) => placeMarketId({ eventId }))] : open);
  const own = new Set(legs.map(({ selectionId }) => selectionId));
  const known = await Promise.all(events.map((eventId) => readModels.odds(eventId)));
  return known
    .flat()
    .map(({ quote }) => quote)
    .filter(({ marketId, source }) => wanted.has(marketId) && (options.executableBook ?? source) === source)
    .map((quote) => askedOf(quote, own));
}

/** Of a quote what the writer reads to price a bet on these selections. */
export function askedOf({ from: _from, prices, stated: _stated, ...quote }: Quote, own: ReadonlySet<string>): AskedQuote {
  const asked = prices.filter(({ selectionId }) => own.has(selectionId));
  return { ...quote, prices: asked.map(({ oddsMilli, selectionId }) => ({ selectionId, oddsMilli })) };
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
