// Markets with runners and bets taken back, by an operator: opening a race, a non-runner, and voiding a market or what was struck at an error.
import { z } from 'zod';
import { ODDS_MILLI_MAX, ODDS_MILLI_MIN } from '#core/base/odds.ts';
import type { Command } from '#core/kernel/command.ts';
import { zKeyHeaders, zMarketId, zReason, zReceipt, zSelectionId, zTargetParams, zTime } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { submit, withoutGaps } from '../../submit.ts';
import { inLedger } from '../in-ledger.ts';
import { zStated } from './desk-contract.ts';

const zOdds = z.number().int().min(ODDS_MILLI_MIN).max(ODDS_MILLI_MAX);
const zPpm = z.number().int().min(0).max(1_000_000);
const zOpenMarket = zStated.extend({ marketId: zMarketId, startAt: zTime });
const zWithdraw = z.strictObject({
  selectionId: zSelectionId,
  /** Its price when it was withdrawn: either this, and the market's table says the deduction, or the deduction itself. */
  priceMilli: zOdds.optional(),
  deductionPpm: zPpm.optional(),
  at: zTime.optional(),
});
const zVoid = z.strictObject({ reason: zReason });
const zVoidBets = z.strictObject({
  selectionId: zSelectionId.optional(),
  placedFrom: zTime.optional(),
  placedUntil: zTime.optional(),
  /** Bets struck at this price or a better one. */
  oddsMilliFrom: zOdds.optional(),
  reason: zReason,
});

const config = { scope: 'operate' } as const;
const common = { tags: ['operator'], headers: zKeyHeaders, response: { 200: zReceipt } };

export function addRunners(app: Api, deps: ApiDeps): void {
  const send = async (request: Parameters<typeof submit>[0], reply: Parameters<typeof submit>[1], cmd: Command) =>
    submit(request, reply, await inLedger(request, deps), { cmd, lane: 'control', via: 'operator' });

  const open = { ...common, summary: 'Open a market; races and correct scores state their selections', body: zOpenMarket };
  app.post('/v1/operator/markets', { schema: open, config }, (request, reply) => {
    const { startAt, ...stated } = request.body;
    return send(request, reply, { type: 'OpenMarket', startAt: Date.parse(startAt), ...withoutGaps(stated) });
  });

  const withdraw = {
    ...common,
    summary: 'Withdraw a runner: bets on it are void, bets struck before on others lose a share of their winnings (Rule 4)',
    description: 'The market is suspended: reopen it when its prices are made without the runner.',
    params: zTargetParams,
    body: zWithdraw,
  };
  app.post('/v1/operator/markets/:id/withdraw', { schema: withdraw, config }, (request, reply) => {
    const { at, ...told } = request.body;
    const withdrawnAt = at === undefined ? deps.clock.now() : Date.parse(at);
    return send(request, reply, { type: 'WithdrawRunner', marketId: request.params.id, at: withdrawnAt, ...withoutGaps(told) });
  });

  const whole = {
    ...common,
    summary: 'Void a market: every stake goes back; of a settled one this is a correction',
    params: zTargetParams,
    body: zVoid,
  };
  app.post('/v1/operator/markets/:id/void', { schema: whole, config }, (request, reply) =>
    send(request, reply, { type: 'VoidMarket', marketId: request.params.id, reason: request.body.reason }),
  );

  const some = {
    ...common,
    summary: 'Void open bets of a market that were struck at a palpable error: by time, selection or price',
    params: zTargetParams,
    body: zVoidBets,
  };
  app.post('/v1/operator/markets/:id/void-bets', { schema: some, config }, (request, reply) => {
    const { placedFrom, placedUntil, ...rest } = request.body;
    const times = {
      ...(placedFrom === undefined ? {} : { placedFrom: Date.parse(placedFrom) }),
      ...(placedUntil === undefined ? {} : { placedUntil: Date.parse(placedUntil) }),
    };
    return send(request, reply, { type: 'VoidBets', marketId: request.params.id, ...times, ...withoutGaps(rest) });
  });
}
