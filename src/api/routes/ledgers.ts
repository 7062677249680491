// Ledgers and the money between them. An operator opens a ledger; a holder sends money from the ledger of the request to another.
import { setTimeout as sleep } from 'node:timers/promises';
import { CURRENCIES } from '#core/base/money.ts';
import { shardOf } from '#core/ledger/shard.ts';
import { HOME_LEDGER } from '#core/play/bans.ts';
import { transferIdOf } from '#core/ledger/transfer-money.ts';
import { callerOf, viewerOf } from '../authentication.ts';
import {
  zEntryQuery,
  zKeyHeaders,
  zLedgerList,
  zLedgerReceipt,
  zMinSeqHeaders,
  zOpenLedger,
  zPageQuery,
  zSendTransfer,
  zTransfer,
  zTransferPage,
  zTransferParams,
  zTransferReceipt,
} from '../contract.ts';
import type { Api, ApiDeps } from '../deps.ts';
import { inLedger, ledgerNamed } from './in-ledger.ts';
import { CURSORS, pageAsk, sendPage } from '../paging.ts';
import { refused } from '../problem.ts';
import { awaitProjection, giveToken } from '../read-token.ts';
import { submit } from '../submit.ts';
import { ledgerWire, transferWire } from '../wire.ts';

/** A ledger that was opened is waited for until it can be named, ms. */
const LISTED_MS = { max: 2_000, pause: 50 };

export function addLedgers(app: Api, deps: ApiDeps): void {
  const tags = ['ledgers'];
  const summary = 'Ledgers by name: sets of accounts that can pay each other';
  const list = { tags, summary, querystring: zPageQuery, response: { 200: zLedgerList } };
  app.get('/v1/ledgers', { schema: list, config: { scope: 'read' } }, async (request, reply) => {
    const page = await deps.readModels.ledgers(pageAsk(request.query, CURSORS.text));
    return sendPage(request, reply, page, ledgerWire);
  });

  const open = {
    tags,
    summary: 'Open a ledger',
    description:
      'Its currency decides whether it keeps play or real money, and is for ever. With `markets`, fixtures and results reach it.',
    headers: zKeyHeaders,
    body: zOpenLedger,
    response: { 201: zLedgerReceipt },
  };
  app.post('/v1/ledgers', { schema: open, config: { scope: 'operate' } }, async (request, reply) => {
    const { currency, ledgerId, markets } = request.body;
    await deps.useShard(shardOf(ledgerId));
    const moneyClass = CURRENCIES[currency].class;
    const cmd = { type: 'OpenLedger', currency, home: HOME_LEDGER, markets, moneyClass } as const;
    const receipt = await submit(request, reply, { ...deps, ledgerId }, { cmd, lane: 'people', via: 'operator' });
    for (let left = LISTED_MS.max; left > 0 && !(await ledgerNamed(deps, ledgerId)); left -= LISTED_MS.pause)
      await sleep(LISTED_MS.pause);
    reply.code(201);
    return { ...receipt, ledgerId };
  });
}

export function addTransfers(app: Api, deps: ApiDeps): void {
  const tags = ['transfers'];
  const send = {
    tags,
    summary: 'Send money to another ledger',
    description:
      'From your wallet, or that of a bot of yours, in the ledger of the request. It arrives within moments, or comes back when the other ledger ' +
      'refuses it. Without `toHolder` it goes to your own wallet there. The transfer gets the 26 characters of the key.',
    headers: zKeyHeaders,
    body: zSendTransfer,
    response: { 201: zTransferReceipt },
  };
  app.post('/v1/transfers', { schema: send, config: { scope: 'bet' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    const { amountMinor, toLedger } = request.body;
    const { ownerId } = callerOf(request);
    const { holder = ownerId, toHolder = ownerId } = request.body;
    const [from, to] = [await ledgerNamed(deps, here.ledgerId), await ledgerNamed(deps, toLedger)];
    if (!from) throw refused('writer_moving', { retryAfterMs: 500 });
    if (!to) throw refused('not_found', { path: '/toLedger' }, 'there is no such ledger');
    if (to.moneyClass !== from.moneyClass || to.currency !== from.currency)
      throw refused('currency_mismatch', { path: '/toLedger' }, `${from.currency} cannot go to a ledger of ${to.currency}`);
    const cmd = { type: 'SendTransfer', holder, toLedger, toHolder, amountMinor, currency: from.currency } as const;
    const receipt = await submit(request, reply, here, { cmd, lane: 'people', via: 'api' });
    const transferId = transferIdOf(receipt.commandId);
    reply.code(201).header('location', `/v1/transfers/${transferId}`);
    return { ...receipt, transferId, holder };
  });

  const list = {
    tags,
    summary: 'Transfers of yourself and your bots from and to the ledger of the request, newest first',
    querystring: zEntryQuery,
    headers: zMinSeqHeaders,
    response: { 200: zTransferPage },
  };
  app.get('/v1/transfers', { schema: list, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const ask = pageAsk(request.query, CURSORS.text2);
    const page = await here.readModels.transfers(viewerOf(request), request.query.holder, ask);
    giveToken(reply, here.readModels.shard, page.seq);
    return sendPage(request, reply, page, transferWire);
  });

  const one = { tags, summary: 'A transfer', params: zTransferParams, headers: zMinSeqHeaders, response: { 200: zTransfer } };
  app.get('/v1/transfers/:id', { schema: one, config: { scope: 'read' } }, async (request, reply) => {
    const here = await inLedger(request, deps);
    await awaitProjection(request, here);
    const { seq, transfer } = await here.readModels.transfer(viewerOf(request), request.params.id);
    giveToken(reply, here.readModels.shard, seq);
    if (!transfer) throw refused('not_found', { path: '/params/id' });
    return transferWire(transfer);
  });
}
