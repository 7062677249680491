// Questions to a ledger's writer, the same in its own process and through a real door: what they tell, to whom, and what is refused.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DoorClient } from '#adapters/door/door-client.ts';
import { DoorServer } from '#adapters/door/door-server.ts';
import { CY, order, worldWithExchange } from '#core/exchange/exchange-for-tests.ts';
import { ANA, BEA, BOT, LEDGER, NOON, TENANT, WINNER, idOf } from '#core/kernel/world-for-tests.ts';
import { DEFAULT_LIMITS } from '#core/risk/limits.ts';
import { silentLog } from '#ports/log.ts';
import { type Questions, UnansweredError } from '#ports/questions.ts';
import type { Viewer } from '#ports/read-models.ts';
import { RefusedError } from '../problem.ts';
import type { WriterView } from './question.ts';
import {
  ANSWER_CHARS_MAX,
  answerQuestion,
  type Ask,
  askWriter,
  type Kind,
  QUESTION_CHARS_MAX,
  QUESTIONS,
  type Told,
} from './questions.ts';

const SEQ = 77;
const TOKEN = 'a token of at least thirty-two characters';
const ana: Viewer = { ownerId: ANA, tenantId: TENANT, wholeTenant: false };
const operator: Viewer = { ownerId: idOf('usr', 'olga'), tenantId: TENANT, wholeTenant: true };
const elsewhere: Viewer = { ...operator, tenantId: idOf('ten', 'other') };

const world = worldWithExchange();
world.done({ type: 'SetLimits', limits: { reviewAboveMinor: 500, reviewMs: 5_000, approvalAboveMinor: 250 } });
world.done({ type: 'SetPlayLimit', ownerId: ANA, kind: 'stake', period: 'day', value: 9_000 }, 'api');
world.done({ type: 'SetMarketLimits', target: 'fb', limits: { lossMaxMinor: 2_000 } });
world.done({ type: 'SetSettlementRules', scope: 'fb', rules: { abandoned: 'nothing' } });
world.done({ type: 'Halt', scope: 'bots', reason: 'test' });
world.bet('small', { stakeMinor: 300 });
world.bet('seen', { stakeMinor: 600, holder: BEA, selectionId: 'away' });
order(world, 'lay', CY, { side: 'lay', priceMilli: 1_900, sizeMinor: 300 });
const writer: WriterView = { status: 'writing', state: world.state, place: { seq: SEQ } };

function quoteNow(): Ask<'cashOut'>['quotes'][number] {
  const prices = [{ selectionId: 'home', oddsMilli: 1_500 }];
  const place = { marketId: WINNER, quoteSeq: 9, source: 'test', sourceEpoch: 1, sourceVersion: 9, observedAt: NOON };
  return { ...place, confirmedAt: NOON, status: 'open', inPlay: false, betDelayMs: 0, prices };
}

/**
 * One bet of 3.00 on home at 2.0 stands; one of 6.00 on away at 4.0 waits for a person and counts without its stake, which can still go back:
 * 24.00 - 6.00 = 18.00. Home pays 6.00, so that the house loses at most 18.00 - 3.00 = 15.00, of 20.00 that it may. Of Ana's 100.00, 97.00 are left.
 */
const TOLD: { [K in Kind]: { ask: Ask<K>; by: Viewer; hold: (told: Told<K>) => void; not: readonly (Viewer | null)[] } } = {
  wallet: {
    ask: { holder: ANA },
    by: ana,
    hold: (told) => assert.deepEqual([told.holder, told.ownerId, told.availableMinor, told.heldMinor], [ANA, ANA, 9_700, 300]),
    not: [null, { ...ana, ownerId: BEA }, elsewhere],
  },
  cashOut: {
    ask: { betId: idOf('bet', 'small'), part: {}, now: NOON, quotes: [quoteNow()] },
    by: ana,
    // 3.00 at 2.0, now 1.5: 3.00 x 2/1.5 = 4.00; less 5 %: 3.80.
    hold: (told) =>
      assert.deepEqual(
        [told.holder, told.ofMinor, told.stakeMinor, told.amountMinor, told.offerMs],
        [ANA, 300, 300, 380, DEFAULT_LIMITS.cashOutOfferMs],
      ),
    not: [null, { ...ana, ownerId: BEA }, elsewhere],
  },
  playUsed: {
    ask: { ownerId: ANA, now: NOON },
    by: operator,
    hold: (told) =>
      assert.deepEqual(
        told?.map(({ period, stake }) => [period, stake]),
        ['day', 'week', 'month'].map((period) => [period, 300]),
      ),
    not: [null, { ...ana, ownerId: BEA }, elsewhere],
  },
  risk: {
    ask: {},
    by: operator,
    hold: ({ halted, house }) =>
      assert.deepEqual(
        [halted, house?.openBets, house?.worstLossMinor, house?.markets, house?.limits['reviewAboveMinor']],
        [['bots'], 2, 1_500, 1, 500],
      ),
    not: [null],
  },
  liability: {
    ask: { level: 'market', limit: 10, after: null },
    by: operator,
    hold: ({ after: next, items }) =>
      assert.deepEqual(
        [items, next],
        [[{ target: WINNER, bets: 2, stakesMinor: 300, payoutMinor: 1_800, worstLossMinor: 1_500, limitMinor: 2_000, fullPpm: 750_000 }], null], // prettier-ignore
      ),
    not: [null, ana],
  },
  marketLiability: {
    ask: { marketId: WINNER },
    by: operator,
    hold: ({ selections }) =>
      assert.deepEqual(
        selections.map(({ payoutMinor, resultMinor, selectionId }) => [selectionId, payoutMinor, resultMinor]).toSorted(),
        [['away', 1_800, -1_500], ['draw', 0, 300], ['home', 600, -300]], // prettier-ignore
      ),
    not: [null, ana],
  },
  deskLimits: {
    ask: { limit: 10, after: null },
    by: operator,
    hold: ({ items }) => assert.deepEqual(items, [{ target: 'fb', limits: { lossMaxMinor: 2_000 } }]),
    not: [null, ana],
  },
  reviews: {
    ask: { limit: 10, after: null },
    by: operator,
    hold: ({ items: [row] }) =>
      assert.deepEqual([row?.betId, row?.stakeMinor, row?.dueAt], [idOf('bet', 'seen'), 600, NOON + 5_000]),
    not: [null, ana],
  },
  settlementRules: {
    ask: {},
    by: operator,
    hold: (told) => assert.deepEqual(told, [{ scope: 'fb', rules: { abandoned: 'nothing' } }]),
    not: [null, ana],
  },
  book: {
    ask: { marketId: WINNER, depth: 3 },
    by: ana,
    hold: (told) => {
      const home = told?.selections.find(({ selectionId }) => selectionId === 'home');
      assert.deepEqual(home?.availableToBack, [{ priceMilli: 1_900, sizeMinor: 300, orders: 1 }]);
    },
    not: [],
  },
  pricing: {
    ask: { marketId: WINNER },
    by: operator,
    hold: (told) =>
      assert.deepEqual([told.marketId, told.pricing, told.prices, told.worstLossMinor, told.lossBoundMinor], [WINNER, null, [], 1_500, null]), // prettier-ignore
    not: [null, ana],
  },
  preview: {
    ask: { marketId: WINNER, outcomes: { away: [0, 1, 0, 1], draw: [0, 1, 0, 1], home: [1, 1, 0, 1] } },
    by: operator,
    // Ana's 3.00 become 6.00, and the 6.00 that wait go back.
    hold: ({ needsApproval, preview: p }) =>
      assert.deepEqual([p.marketId, p.stakedMinor, p.returnedAfterMinor, needsApproval], [WINNER, 900, 1_200, true]),
    not: [null, ana],
  },
};

/** The two ways to a writer: in this process, and through its door. */
let there: WriterView | null = writer;
let server: DoorServer;
let client: DoorClient;
const tell = (text: string): string => answerQuestion(() => there, text);
const WAYS: Record<string, () => Questions> = {
  'in its own process': () => ({ isHere: () => true, ask: async (_shard, text) => tell(text) }),
  'through a door': () => ({ isHere: () => false, ask: (_shard, text) => client.ask(text) }),
};
before(async () => {
  server = await DoorServer.open({ host: '127.0.0.1', token: TOKEN, commands: { submit: async () => '{}' }, answer: tell });
  client = new DoorClient({ address: async () => server.address, token: TOKEN, log: silentLog, questionMs: 2_000 });
});
after(async () => {
  client.close();
  await server.close();
});

const codeOf = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked;
  } catch (error) {
    return error instanceof RefusedError ? error.refusal.code : String(error);
  }
  return 'told';
};

for (const [way, questionsOf] of Object.entries(WAYS))
  describe(`a writer ${way}`, () => {
    const from = (viewer: Viewer | null) => ({ questions: questionsOf(), shard: 0, ledgerId: LEDGER, viewer });

    for (const [kind, { ask, by, hold, not }] of Object.entries(TOLD) as [Kind, (typeof TOLD)['risk']][])
      test(`tells ${kind} to whom it may, and to nobody else`, async () => {
        const { seq, told } = await askWriter(from(by), kind as 'risk', ask);
        assert.equal(seq, SEQ);
        hold(told as Told<'risk'>);
        for (const viewer of not)
          assert.match(await codeOf(askWriter(from(viewer), kind as 'risk', ask)), /^(?:forbidden|not_found)$/);
      });

    test('tells people what is halted and nothing of the house; a market without an exchange has no book', async () => {
      assert.deepEqual((await askWriter(from(ana), 'risk', {})).told, { halted: ['bots'], house: null });
      assert.equal((await askWriter(from(null), 'book', { marketId: 'nowhere', depth: 1 })).told, null);
      assert.equal((await askWriter(from(ana), 'wallet', { holder: BOT })).told.ownerId, ANA);
    });

    test('refuses what is not there, not asked well, or too large, on its own', async () => {
      const ask = { marketId: 'fb:x/1x2' };
      for (const kind of ['pricing', 'marketLiability'] as const)
        assert.equal(await codeOf(askWriter(from(operator), kind, ask)), 'not_found');
      assert.equal(await codeOf(askWriter({ ...from(operator), ledgerId: 'nowhere' }, 'risk', {})), 'not_found');
      assert.equal(await codeOf(askWriter(from(ana), 'book', { marketId: WINNER, depth: 1_000_000 })), 'malformed');
      assert.equal(
        await codeOf(askWriter(from(ana), 'book', { marketId: 'x'.repeat(QUESTION_CHARS_MAX), depth: 1 })),
        'too_large',
      );
      const short = { marketId: WINNER, outcomes: { home: [1, 1, 0, 1] } } as Ask<'preview'>;
      assert.equal(await codeOf(askWriter(from(operator), 'preview', short)), 'malformed');
    });

    test('that moves or is gone is told so, and asked again it answers', async () => {
      try {
        for (const gone of [null, { ...writer, status: 'standing-by' }, { ...writer, place: null }]) {
          there = gone;
          assert.equal(await codeOf(askWriter(from(operator), 'risk', {})), 'writer_moving');
        }
      } finally {
        there = writer;
      }
      assert.equal(await codeOf(askWriter(from(operator), 'risk', {})), 'told');
    });
  });

test('every question is in the table above', () => assert.deepEqual(Object.keys(TOLD).sort(), Object.keys(QUESTIONS).sort()));

test('what no gateway of ours would send is refused and not answered', () => {
  const good = { v: 1, kind: 'risk', shard: 0, ledgerId: LEDGER, viewer: operator, ask: {} };
  const codeIn = (text: string): unknown => (JSON.parse(tell(text)) as { refusal?: { code: string } }).refusal?.code;
  assert.equal(codeIn(JSON.stringify(good)), undefined);
  const { viewer: _viewer, ...anonymous } = good;
  for (const wrong of [
    { ...good, v: 2 },
    { ...good, kind: 'constructor' },
    { ...good, viewer: { ownerId: ANA } },
    anonymous,
    [],
    5,
  ])
    assert.equal(codeIn(JSON.stringify(wrong)), 'malformed', JSON.stringify(wrong));
  assert.equal(codeIn(JSON.stringify({ ...good, ask: { more: 'x'.repeat(QUESTION_CHARS_MAX) } })), 'too_large');
});

test('an answer that is too long is not sent, and one of another shape is not believed', async () => {
  const state = structuredClone({ halted: new Set(['x'.repeat(ANSWER_CHARS_MAX)]) });
  const ledger = Object.assign(Object.create(world.ledger), state) as typeof world.ledger;
  const long: WriterView = { ...writer, state: { ...world.state, ledgers: new Map([[LEDGER, ledger]]) } };
  const asker = (questions: Questions) => ({ questions, shard: 0, ledgerId: LEDGER, viewer: operator });
  const ask = async (_shard: number, text: string) => answerQuestion(() => long, text);
  assert.equal(await codeOf(askWriter(asker({ isHere: () => true, ask }), 'risk', {})), 'too_large');
  for (const answer of ['{}', '5', '{"seq":1,"told":{"halted":"all"}}', '{"seq":1,"refusal":{"code":"nonsense"}}'])
    await assert.rejects(
      askWriter(asker({ isHere: () => false, ask: async () => answer }), 'risk', {}),
      { name: 'ZodError' },
      answer,
    );
});

test('a writer without time is busy, and a place without a writer says that it moves', async () => {
  const asker = (questions: Questions) => ({ questions, shard: 0, ledgerId: LEDGER, viewer: operator });
  for (const code of ['busy', 'writer_moving'] as const) {
    const ask = () => Promise.reject(new UnansweredError(code, 'no answer'));
    assert.equal(await codeOf(askWriter(asker({ isHere: () => false, ask }), 'risk', {})), code);
  }
  const nobody = new DoorClient({ address: async () => null, token: TOKEN, log: silentLog, questionMs: 100 });
  await assert.rejects(nobody.ask('{}'), { code: 'writer_moving' });
  nobody.close();
});
