// The confirmation flow from bet to answer over a bus in memory: what is repeated, late, contradicting, unreadable or lost on the way. Balances are
// worked out by hand: Ana has 100,000 and every bet is 100.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { deriveId } from '#core/base/ids.ts';
import { MAIN_LEDGER } from '#core/ledger/shard.ts';
import { ANA, FUNDS_MINOR, Site, type SiteOptions } from './confirmation-site.ts';

async function withSite(options: SiteOptions, work: (site: Site) => Promise<void>): Promise<void> {
  const site = await Site.open(options);
  try {
    await work(site);
  } finally {
    await site.close();
  }
}

const answer = (betId: string, status = 'confirmed', change: object = {}): object => ({
  betId,
  ledgerId: MAIN_LEDGER,
  status,
  at: Date.now(),
  ...change,
});

test('a bet that the supplier takes stands, with the name he gave it', () =>
  withSite({ rejectPpm: 0 }, async (site) => {
    const betId = await site.bet();
    await site.until(() => site.ledger.referrals.waitingCount === 0, 'the answer');
    assert.deepEqual(await site.storyOf(betId), ['BetPlaced', 'BetReferred', 'BetAccepted']);
    const accepted = (await site.events()).find((e) => e.type === 'BetAccepted');
    assert.equal(accepted?.type === 'BetAccepted' && accepted.data.providerRef, `SUP-${betId.slice(-8)}`);
    assert.deepEqual(site.money, [FUNDS_MINOR - 100, 100, 0]);
    assert.deepEqual(site.supplier.taken, [betId]);
  }));

test('a bet that the supplier rejects gives its stake back', () =>
  withSite({ rejectPpm: 1_000_000 }, async (site) => {
    const betId = await site.bet();
    await site.until(() => site.ledger.referrals.waitingCount === 0, 'the answer');
    assert.deepEqual(await site.storyOf(betId), ['BetPlaced', 'BetReferred', 'BetRejected']);
    assert.deepEqual(site.money, [FUNDS_MINOR, 0, 0]);
  }));

test('over a wire and a bus that repeat, delay, reorder and fail, each bet ends once and as the supplier says', () =>
  withSite(
    {
      chaos: { seed: 11, delayMsMax: 10, repeatPpm: 500_000, reorder: true },
      rejectPpm: 400_000,
      failPpm: 200_000,
      silentPpm: 100_000,
    },
    async (site) => {
      const bets: string[] = [];
      for (let i = 0; i < 40; i++) bets.push(await site.bet());
      await site.until(() => site.ledger.referrals.waitingCount === 0, 'all answers');
      await sleep(200); // what is repeated late
      const taken = new Set(site.supplier.taken);
      for (const betId of bets) {
        const end = taken.has(betId) ? 'BetAccepted' : 'BetRejected';
        assert.deepEqual(await site.storyOf(betId), ['BetPlaced', 'BetReferred', end], betId);
      }
      // Each is taken with p = 0.6 of 40: fewer than 6 taken come by chance once in 10^9 runs, fewer than 3 rejected once in 2 million.
      assert.ok(taken.size > 5 && taken.size < 38, `${taken.size} of 40 taken`);
      assert.ok(site.supplier.asked > 40, 'nothing was asked twice');
      assert.deepEqual(site.money, [FUNDS_MINOR - taken.size * 100, taken.size * 100, 0]);
      assert.deepEqual([site.flagged, site.letters.length], [0, 0]);
    },
  ));

test('a worker that dies between the question and the answer asks again, and the supplier knows the bet', () =>
  withSite({ rejectPpm: 0 }, async (site) => {
    site.answering = false;
    const betId = await site.bet();
    await site.until(() => site.supplier.asked > 0, 'the question');
    await site.stopWorker();
    assert.deepEqual(await site.storyOf(betId), ['BetPlaced', 'BetReferred']);
    const before = site.supplier.asked;
    site.answering = true;
    await site.startWorker();
    await site.until(() => site.ledger.referrals.waitingCount === 0, 'the answer');
    assert.ok(site.supplier.asked > before);
    assert.deepEqual(await site.storyOf(betId), ['BetPlaced', 'BetReferred', 'BetAccepted']);
    assert.deepEqual([site.supplier.taken, site.flagged], [[betId], 0]);
  }));

test('without an answer in time the stake comes back; what the supplier then says is flagged, and told of', () =>
  withSite({ rejectPpm: 0, answerMs: 900 }, async (site) => {
    site.answering = false;
    const betId = await site.bet();
    await site.until(() => site.ledger.referrals.waitingCount === 0, 'the time-out');
    assert.deepEqual(site.money, [FUNDS_MINOR, 0, 0]);
    site.answering = true; // he took it: asked what he knows of it, he says so
    await site.until(() => site.flagged === 1, 'the flag');
    assert.deepEqual(await site.storyOf(betId), ['BetPlaced', 'BetReferred', 'BetRejected', 'AnswerFlagged']);
    const flag = (await site.events()).find((e) => e.type === 'AnswerFlagged');
    assert.ok(flag?.type === 'AnswerFlagged');
    assert.deepEqual([flag.data.ended, flag.data.status, flag.data.holder], ['timed_out', 'confirmed', ANA]);
    assert.deepEqual(site.money, [FUNDS_MINOR, 0, 0]);
  }));

test('a bet that is given back before the supplier heard of it is not placed with him', () =>
  withSite({ rejectPpm: 0, answerMs: 300 }, async (site) => {
    await site.stopWorker();
    const betId = await site.bet();
    await site.until(() => site.ledger.referrals.waitingCount === 0, 'the time-out');
    await site.startWorker();
    await sleep(300);
    assert.deepEqual([site.supplier.asked, site.supplier.taken, site.flagged], [0, [], 0]);
    assert.deepEqual(await site.storyOf(betId), ['BetPlaced', 'BetReferred', 'BetRejected']);
  }));

test('repeated answers change nothing; contradicting and unknown ones change no money and are flagged once', () =>
  withSite({ rejectPpm: 0 }, async (site) => {
    const betId = await site.bet();
    await site.until(() => site.ledger.referrals.waitingCount === 0, 'the answer');
    const money = [FUNDS_MINOR - 100, 100, 0];
    for (let i = 0; i < 3; i++) await site.say(answer(betId, 'confirmed', { at: Date.now() - i }), `again ${i}`);
    for (let i = 0; i < 3; i++) await site.say(answer(betId, 'rejected', { at: Date.now() - i }), `no ${i}`);
    const unknown = deriveId('bet', Date.now(), 'unknown');
    for (let i = 0; i < 2; i++) await site.say(answer(unknown, 'confirmed', { at: 5 + i }), `unknown ${i}`); // years old
    await site.until(() => site.flagged === 2, 'two flags');
    await sleep(100);
    assert.equal(site.flagged, 2);
    assert.deepEqual(await site.storyOf(betId), ['BetPlaced', 'BetReferred', 'BetAccepted', 'AnswerFlagged']);
    assert.deepEqual(await site.storyOf(unknown), ['AnswerFlagged']);
    assert.deepEqual(site.money, money);
    assert.deepEqual(site.letters, []);
  }));

test('poison goes to the dead letters, and what comes after it is answered', () =>
  withSite({ rejectPpm: 0 }, async (site) => {
    const shard = 'a ledger that nobody opened';
    const poison: [string, object][] = [
      ['no status', { ...answer(deriveId('bet', 1, 'x')), status: 'maybe' }],
      ['no ledger', answer(deriveId('bet', 1, 'x'), 'confirmed', { ledgerId: shard })],
      ['no bet', answer('bet_1')],
    ];
    for (const [id, body] of poison) await site.say(body, id);
    const betId = await site.bet();
    await site.until(() => site.ledger.referrals.waitingCount === 0, 'the answer');
    await site.until(() => site.letters.length === poison.length, 'the letters');
    assert.deepEqual(site.letters.map(({ message }) => message.id).sort(), ['no bet', 'no ledger', 'no status']);
    assert.match(site.letters.find(({ message }) => message.id === 'no bet')?.reason ?? '', /malformed \/betId/);
    assert.deepEqual(await site.storyOf(betId), ['BetPlaced', 'BetReferred', 'BetAccepted']);
    const bad = {
      betId,
      ledgerId: MAIN_LEDGER,
      holder: ANA,
      legs: [],
      stakeMinor: 0,
      currency: 'PLAY',
      quoteSeq: 1,
      placedAt: 1,
    };
    const message = { topic: 'bet_placed', key: 'k', id: 'unreadable to him', type: 'bet', v: 1, correlationId: 'c' };
    await site.bus.publish([{ ...message, body: JSON.stringify({ ...bad, answerBy: Date.now() + 60_000 }) }]);
    await site.until(() => site.letters.length === poison.length + 1, 'the letter about a bet that the supplier cannot read');
    assert.match(site.letters.at(-1)?.reason ?? '', /status 400/);
  }));
