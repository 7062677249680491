import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decisionOf, snapshotHash, snapshotOf } from './decision.ts';
import { makeDnaStrategy } from './dna-strategy.ts';
import { BOT_ID, dnaWith, EVENT_ID, quoteFact } from './facts-for-tests.ts';
import { MarketMemory } from './market-memory.ts';

const view = { now: 7, availableMinor: 100_000, equityMinor: 100_000 };

function scene(homeOdds: number) {
  const memory = new MarketMemory();
  const bot = makeDnaStrategy(dnaWith({ type: 'value_bet_model_v1', params: { devig: 'multiplicative' } }), {
    memory,
    execBook: 'B365',
  });
  memory.tell(quoteFact({ at: 7, book: 'Avg', odds: [1900, 3800, 3800] }));
  const price = memory.tell(quoteFact({ at: 7, odds: [homeOdds, 3900, 3900] }));
  assert.ok(price);
  return { memory, bot, price };
}

test('decisionOf() tells a bet and a pass with what they were about', () => {
  const bet = scene(2100);
  const common = { botId: BOT_ID, dnaHash: bet.bot.dnaHash, at: 7, marketId: `${EVENT_ID}/1x2`, book: 'B365' };
  assert.deepEqual(decisionOf(bet.bot, bet.price, bet.bot.evaluate(bet.price, view), 7), {
    ...common,
    quoteSeq: bet.price.quoteSeq,
    outcome: 'bet',
    selectionId: 'home',
    stakeMinor: 1_000,
    oddsMilli: 2100,
    fairPpm: 500_000,
  });
  const pass = scene(2052);
  assert.deepEqual(decisionOf(pass.bot, pass.price, pass.bot.evaluate(pass.price, view), 7), {
    ...common,
    quoteSeq: pass.price.quoteSeq,
    outcome: 'edge_too_small',
    need: 30_000,
    have: 26_000,
  });
});

test('snapshotOf() holds what the bot saw and does not move when prices do', () => {
  const { bot, memory, price } = scene(2100);
  const snapshot = snapshotOf(bot, price, 7);
  const hash = snapshotHash(snapshot);
  assert.deepEqual(snapshot.oddsMilli, [2100, 3900, 3900]);
  assert.deepEqual(snapshot.fairPpm, [500_000, 250_000, 250_000]);
  memory.tell(quoteFact({ at: 8, odds: [1500, 4000, 4000] }));
  assert.equal(snapshotHash(snapshot), hash);
  assert.notEqual(snapshotHash(snapshotOf(bot, price, 8)), hash);
});
