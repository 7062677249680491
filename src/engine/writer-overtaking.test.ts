// What the desk stops takes effect before every bet that waits, however many there are and however long they have waited.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EVENT, MARKET, Scene, codeOf, settle } from '../../test/engine/scene.ts';
import type { Answer } from './envelope.ts';

const BETS = 3_000;

for (const target of [MARKET, EVENT, 'fb:E0', 'fb', '*']) {
  it(`a suspension of ${target}, sent last under a full queue, is decided before all bets of the queue; reopening lets later ones in`, async () => {
    const scene = await Scene.open();
    const ana = scene.user('ana');
    const before = (await scene.events()).length;
    scene.journal.hold();
    const first = scene.ask(scene.bet(ana)); // in flight: nothing can overtake what is decided
    await settle();
    const waiting = Array.from({ length: BETS }, () => scene.ask(scene.bet(ana)));
    const suspended = scene.ask({ type: 'SuspendMarket', target, reason: 'goal' }, { lane: 'control' });
    scene.journal.letGo();
    const answers = await Promise.all([first, ...waiting]);
    const stopped = await suspended;
    assert.equal(stopped.result, 'done');
    assert.equal(codeOf(answers[0] as Answer), 'done', 'the bet before');
    for (const answer of answers.slice(1)) assert.equal(codeOf(answer), 'market_suspended');
    const types = (await scene.events()).slice(before).map((e) => e.type);
    assert.equal(types.filter((type) => type === 'BetPlaced').length, 1);
    assert.ok(types.indexOf('MarketSuspended') < types.indexOf('CommandRefused'), 'it was decided first');
    await scene.done({ type: 'ReopenMarket', target, reason: 'over' }, { lane: 'control' });
    assert.equal(codeOf(await scene.ask(scene.bet(ana))), 'done');
  });
}
