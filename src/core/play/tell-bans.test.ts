// Bans across ledgers. A word may be lost, come twice or too late; the ledgers agree as soon as one gets through.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isRefusal } from '../kernel/event.ts';
import { Ledgers } from '../../../test/engine/ledgers.ts';
import { ANA, answerOf, BEA, idOf, NOON, WINNER } from '../kernel/world-for-tests.ts';
import { BANS_PER_COMMAND, type BanRow } from './bans.ts';
import { banRows } from './tell-bans.ts';

const DAY = 86_400_000;
const CY = idOf('usr', 'cy');

/** What home would send now. */
function word(ledgers: Ledgers, follower: string): { bans: BanRow[]; upTo: number } {
  const home = ledgers.of('main');
  const { owners, upTo } = home.bans.after(home.bans.toldTo(follower) ?? -1);
  return { bans: banRows(home, owners), upTo };
}

/** One word that arrives, and home's note of it. */
function tell(ledgers: Ledgers, follower: string): void {
  const said = word(ledgers, follower);
  assert.equal(answerOf(ledgers.ask(follower, { type: 'TakeBans', ...said })), 'BansTaken');
  assert.equal(answerOf(ledgers.ask('main', { type: 'NoteBansTold', follower, upTo: said.upTo })), 'BansTold');
}

/** The gate asks who may bet before it asks for the market, which is not there. */
function betIn(ledgers: Ledgers, ledgerId: string, holder = ANA): string {
  const bet = { betId: idOf('bet', 'x'), holder, stakeMinor: 5, minOddsMilli: 1_500, quoteSeq: 1 };
  const legs = [{ marketId: WINNER, selectionId: 'home' }];
  return answerOf(ledgers.ask(ledgerId, { type: 'PlaceBet', ...bet, legs }, { ownerId: holder, via: 'api' }));
}

const behind = (ledgers: Ledgers): string[] => [...ledgers.of('main').bans.behind()];

test('a ledger that was opened to follow takes no bets before it was told, one that was not opened so does', () => {
  const ledgers = new Ledgers('main', 'old');
  ledgers.openAtHome('arena');
  for (const ledgerId of ['old', 'arena']) ledgers.fund(ledgerId, ANA, 100);
  assert.equal(betIn(ledgers, 'old'), 'not_found');
  assert.equal(betIn(ledgers, 'arena'), 'gate_halted');
  assert.equal(answerOf(ledgers.ask('main', { type: 'FollowBans', follower: 'arena' })), 'BansFollowed');
  assert.deepEqual(behind(ledgers), ['arena'], 'also when there is nothing to tell');
  tell(ledgers, 'arena');
  assert.deepEqual([betIn(ledgers, 'arena'), behind(ledgers)], ['not_found', []]);
});

test('a ledger is told what was set before it followed, and each change after', () => {
  const ledgers = new Ledgers('main', 'arena');
  for (const who of [ANA, BEA, CY]) ledgers.fund('arena', who, 100);
  ledgers.ask('main', { type: 'SelfExclude', ownerId: ANA, days: 200 });
  ledgers.ask('main', { type: 'SetExclusion', ownerId: BEA, until: NOON + DAY });
  ledgers.ask('main', { type: 'CoolOff', ownerId: CY, hours: 24 });
  assert.equal(betIn(ledgers, 'arena'), 'not_found', 'it does not know yet');
  ledgers.ask('main', { type: 'FollowBans', follower: 'arena' });
  const again = ledgers.ask('main', { type: 'FollowBans', follower: 'arena' });
  assert.ok(isRefusal(again));
  assert.deepEqual([again.code, again.have], ['already_resolved', 3]);
  assert.deepEqual(word(ledgers, 'arena').bans, [
    [ANA, NOON + 200 * DAY, NOON + 200 * DAY, 0],
    [BEA, NOON + DAY, 0, 0],
    [CY, 0, 0, NOON + DAY],
  ]);
  tell(ledgers, 'arena');
  assert.deepEqual(
    [ANA, BEA, CY].map((who) => betIn(ledgers, 'arena', who)),
    ['self_excluded', 'self_excluded', 'cool_off'],
  );
  ledgers.ask('main', { type: 'SetExclusion', ownerId: BEA, until: 0 });
  assert.deepEqual(word(ledgers, 'arena'), { bans: [[BEA, 0, 0, 0]], upTo: 4 });
  tell(ledgers, 'arena');
  assert.deepEqual([betIn(ledgers, 'arena', BEA), betIn(ledgers, 'arena')], ['not_found', 'self_excluded']);
});

test('what a person set in the other ledger itself is not made shorter by home, and an old word changes nothing', () => {
  const ledgers = new Ledgers('main', 'arena');
  ledgers.ask('arena', { type: 'SelfExclude', ownerId: ANA, days: 300 });
  ledgers.ask('main', { type: 'SelfExclude', ownerId: ANA, days: 200 });
  ledgers.ask('main', { type: 'FollowBans', follower: 'arena' });
  const old = word(ledgers, 'arena');
  tell(ledgers, 'arena');
  assert.equal(ledgers.of('arena').exclusions.get(ANA), NOON + 300 * DAY);
  ledgers.ask('main', { type: 'SelfExclude', ownerId: ANA, days: 400 });
  tell(ledgers, 'arena');
  assert.equal(answerOf(ledgers.ask('arena', { type: 'TakeBans', ...old })), 'already_resolved');
  assert.equal(ledgers.of('arena').exclusions.get(ANA), NOON + 400 * DAY);
});

test('however many ledgers follow, one more is told', () => {
  const ledgers = new Ledgers('main');
  const { bans } = ledgers.of('main');
  for (let i = 0; i < 10_000; i++) bans.follow(`l${i}`, []);
  for (let i = 0; i < 9_999; i++) bans.tell(`l${i}`, 0);
  assert.deepEqual(behind(ledgers), ['l9999']);
  bans.tell('l9999', 0);
  assert.deepEqual(behind(ledgers), []);
  ledgers.openAtHome('late');
  assert.equal(answerOf(ledgers.ask('main', { type: 'FollowBans', follower: 'late' })), 'BansFollowed');
  assert.deepEqual(behind(ledgers), ['late'], 'also after a snapshot');
  tell(ledgers, 'late');
  assert.deepEqual([ledgers.of('late').bans.waits, behind(ledgers)], [false, []]);
  ledgers.ask('main', { type: 'SetExclusion', ownerId: ANA, until: NOON + DAY });
  assert.equal(behind(ledgers).length, 10_001);
});

test('bans are told two hundred at a time', () => {
  const ledgers = new Ledgers('main', 'arena');
  const people = Array.from({ length: 2 * BANS_PER_COMMAND + 1 }, (_, i) => idOf('usr', `${i}`));
  for (const ownerId of people) ledgers.ask('main', { type: 'SetExclusion', ownerId, until: NOON + DAY });
  ledgers.ask('main', { type: 'FollowBans', follower: 'arena' });
  const sizes: number[] = [];
  for (; behind(ledgers).length > 0; tell(ledgers, 'arena')) sizes.push(word(ledgers, 'arena').bans.length);
  assert.deepEqual(sizes, [200, 200, 1]);
  assert.deepEqual([...ledgers.of('arena').exclusions.keys()], people);
});

test('only couriers speak of bans, only home has followers, and what makes no sense is refused', () => {
  const ledgers = new Ledgers('main', 'arena');
  const code = (ledgerId: string, cmd: object, via: 'api' | 'operator' | 'worker' = 'worker'): string =>
    answerOf(ledgers.ask(ledgerId, cmd as never, { via }));
  assert.equal(code('main', { type: 'FollowBans', follower: 'arena' }, 'operator'), 'forbidden');
  assert.equal(code('arena', { type: 'TakeBans', bans: [], upTo: 0 }, 'api'), 'forbidden');
  assert.equal(code('arena', { type: 'FollowBans', follower: 'main' }), 'not_found');
  assert.equal(code('main', { type: 'FollowBans', follower: 'main' }), 'same_ledger');
  assert.equal(code('main', { type: 'TakeBans', bans: [], upTo: 0 }), 'same_ledger');
  assert.equal(code('main', { type: 'NoteBansTold', follower: 'arena', upTo: 0 }), 'not_found');
  for (const row of [[ANA, 1, 0], ['x', 1, 0, 0], [ANA, -1, 0, 0], [ANA, 0.5, 0, 0], null])
    assert.equal(code('arena', { type: 'TakeBans', bans: [row], upTo: 1 }), 'malformed');
  const many = Array.from({ length: BANS_PER_COMMAND + 1 }, () => [ANA, 1, 0, 0]);
  assert.equal(code('arena', { type: 'TakeBans', bans: many, upTo: 1 }), 'malformed');
  ledgers.ask('main', { type: 'FollowBans', follower: 'arena' });
  assert.equal(code('main', { type: 'NoteBansTold', follower: 'arena', upTo: 1 }), 'malformed', 'nobody was told of 1');
  assert.equal(code('main', { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' }), 'already_resolved');
  ledgers.shards.set('odd', { ledgers: new Map(), epoch: 0 });
  assert.equal(code('odd', { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play', home: 'arena' }), 'malformed');
});

const PEOPLE = [ANA, BEA, CY];
const zStep = fc.record({
  who: fc.constantFrom(...PEOPLE),
  what: fc.constantFrom('exclude', 'lift', 'self', 'cool', 'lost', 'told', 'unnoted', 'late'),
  length: fc.integer({ min: 1, max: 40 }),
});

test('however words are lost, doubled and delayed, each ledger ends with what home knows', () => {
  fc.assert(
    fc.property(fc.array(zStep, { maxLength: 40 }), fc.nat({ max: 20 }), (steps, followAt) => {
      const ledgers = new Ledgers('main');
      ledgers.openAtHome('arena');
      const expected = new Map<string, number>(); // oracle: who may not bet until when, and who said so himself
      const own = new Map<string, number>();
      const cool = new Map<string, number>();
      let late = { bans: [] as BanRow[], upTo: 0 };
      for (const [i, { length, what, who }] of steps.entries()) {
        if (i === followAt) ledgers.ask('main', { type: 'FollowBans', follower: 'arena' });
        const until = NOON + (180 + length) * DAY;
        if (what === 'exclude' && until >= (own.get(who) ?? 0)) expected.set(who, until);
        if (what === 'exclude') ledgers.ask('main', { type: 'SetExclusion', ownerId: who, until });
        if (what === 'lift' && !own.has(who)) expected.delete(who);
        if (what === 'lift') ledgers.ask('main', { type: 'SetExclusion', ownerId: who, until: 0 });
        const days = 183 + length;
        if (what === 'self' && NOON + days * DAY > (expected.get(who) ?? 0)) {
          expected.set(who, NOON + days * DAY);
          own.set(who, NOON + days * DAY);
        }
        if (what === 'self') ledgers.ask('main', { type: 'SelfExclude', ownerId: who, days });
        const hours = 23 + length;
        if (what === 'cool') cool.set(who, Math.max(cool.get(who) ?? 0, NOON + hours * 3_600_000));
        if (what === 'cool') ledgers.ask('main', { type: 'CoolOff', ownerId: who, hours });
        if (i < followAt) continue;
        const said = word(ledgers, 'arena');
        if (what === 'told' || what === 'unnoted') ledgers.ask('arena', { type: 'TakeBans', ...said });
        if (what === 'told') ledgers.ask('main', { type: 'NoteBansTold', follower: 'arena', upTo: said.upTo });
        if (what === 'lost') late = said;
        if (what === 'late') ledgers.ask('arena', { type: 'TakeBans', ...late });
      }
      ledgers.ask('main', { type: 'FollowBans', follower: 'arena' });
      // A word that was taken and not noted is said again.
      for (let n = 0; behind(ledgers).length > 0; n++) {
        assert.ok(n < 5);
        const said = word(ledgers, 'arena');
        ledgers.ask('arena', { type: 'TakeBans', ...said });
        ledgers.ask('main', { type: 'NoteBansTold', follower: 'arena', upTo: said.upTo });
      }
      for (const ledgerId of ['main', 'arena']) {
        const { bans, exclusions, play } = ledgers.of(ledgerId);
        assert.equal(bans.waits, false);
        for (const who of PEOPLE) {
          assert.equal(exclusions.get(who), expected.get(who), ledgerId);
          assert.equal(play.find(who)?.coolOffUntil ?? 0, cool.get(who) ?? 0, ledgerId);
          if (own.has(who)) assert.equal(play.find(who)?.selfExcludedUntil, own.get(who), ledgerId);
        }
      }
    }),
    { numRuns: 150 },
  );
});
