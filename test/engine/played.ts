// Plays a small match in a scene: bets accepted, refused, delayed and released, a result, payouts. Every kind of block is in its journal.
import { EVENT, MARKET, type Scene, settle } from './scene.ts';

export const OVER = `${EVENT}/ou@2.5`;

export async function playMatch(scene: Scene): Promise<void> {
  const [ana, bob] = [scene.user('ana'), scene.user('bob')];
  await scene.done({ type: 'OpenMarket', marketId: OVER, startAt: scene.clock.now() + 3_600_000 }, { lane: 'facts' });
  for (let i = 1; i <= 6; i++) {
    await scene.done(scene.bet(i % 2 ? ana : bob, { stakeMinor: i * 100 }));
    tick(scene, 50);
  }
  await scene.ask(scene.bet(ana, { stakeMinor: 99_999_999 })); // refused: more than there is
  scene.quote({ marketId: OVER, status: 'suspended' });
  await scene.ask(scene.bet(bob, { legs: [{ marketId: OVER, selectionId: 'over' }] })); // refused: suspended by the feed
  await scene.ask(scene.bet(bob), { commandId: scene.id('cmd', scene.clock.now() - 600_000) }); // a late key
  const inPlay = { inPlay: true, betDelayMs: 5_000 };
  scene.quote({ quoteSeq: 2, ...inPlay });
  await scene.done(scene.bet(ana, { legs: [{ marketId: MARKET, selectionId: 'away' }], stakeMinor: 700, quoteSeq: 2 }));
  tick(scene, 2_000);
  scene.quote({ quoteSeq: 3, ...inPlay });
  tick(scene, 3_000); // the delay ends
  await settle(40);
  await scene.done({ type: 'SuspendMarket', target: EVENT, reason: 'goal' }, { lane: 'control' });
  const scores = [{ period: 'ft', stat: 'goals', home: 2, away: 0 }];
  const result = {
    eventId: EVENT,
    source: 'test',
    version: 1,
    observedAt: scene.clock.now(),
    status: 'finished',
    completedPeriods: ['ft'],
    scores,
  } as const;
  await scene.done({ type: 'RecordResult', result }, { lane: 'facts' });
  tick(scene, 10);
  await settle(40);
}

function tick(scene: Scene, ms: number): void {
  scene.clock.advance(scene.clock.now() + ms);
}
