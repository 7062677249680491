// Which bets need the supplier's answer, and the answers that came too late or contradicted: they change nothing, and a person looks at them.
import { z } from 'zod';
import { CONFIRMATION_SCOPES } from '#core/confirmation/confirmation-commands.ts';
import { page, zMarketId, zOptionalKeyHeaders, zPageQuery, zReceipt, zTime } from '../../contract.ts';
import type { Api, ApiDeps } from '../../deps.ts';
import { CURSORS, pageAsk, sendPage } from '../../paging.ts';
import { submit } from '../../submit.ts';
import { timeText } from '../../wire.ts';
import { inLedger } from '../in-ledger.ts';
import type { FlaggedAnswerRow } from '#ports/read-models.ts';

const config = { scope: 'operate' } as const;

const zSetConfirmation = z.strictObject({
  scope: z.enum(CONFIRMATION_SCOPES),
  /** A market, a source, or the ledger itself. */
  target: zMarketId,
  confirmation: z.enum(['supplier', 'none']),
});
const zFlaggedAnswer = z.object({
  ledgerId: z.string(),
  betId: z.string(),
  holder: z.string().nullable(),
  by: z.string(),
  status: z.string(),
  ended: z.string(),
  reason: z.string().nullable(),
  providerRef: z.string().nullable(),
  answeredAt: zTime,
  flaggedAt: zTime,
});

export function addConfirmation(app: Api, deps: ApiDeps): void {
  const set = {
    tags: ['operator'],
    summary: "Ask for the supplier's answer before bets stand, or no longer",
    headers: zOptionalKeyHeaders,
    body: zSetConfirmation,
    response: { 200: zReceipt },
  };
  app.post('/v1/operator/confirmation', { schema: set, config }, async (request, reply) => {
    const cmd = { type: 'SetConfirmation', ...request.body } as const;
    return submit(request, reply, await inLedger(request, deps), { cmd, lane: 'control', via: 'operator' });
  });

  const flagged = {
    tags: ['review'],
    summary: 'Answers about bets that came too late, or said something else than the one that counted; newest first',
    querystring: zPageQuery,
    response: { 200: page(zFlaggedAnswer) },
  };
  app.get('/v1/review/answers', { schema: flagged, config }, async (request, reply) => {
    const rows = await deps.review.flaggedAnswers(pageAsk(request.query, CURSORS.number3));
    return sendPage(request, reply, rows, flaggedWire);
  });
}

function flaggedWire({ answeredAt, at, ...row }: FlaggedAnswerRow): z.infer<typeof zFlaggedAnswer> {
  const { betId, by, ended, holder, ledgerId, providerRef, reason, status } = row;
  return {
    ledgerId,
    betId,
    holder,
    by,
    status,
    ended,
    reason,
    providerRef,
    answeredAt: timeText(answeredAt),
    flaggedAt: timeText(at),
  };
}
