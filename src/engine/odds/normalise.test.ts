import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryAliases } from '#adapters/memory/memory-aliases.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { AliasKind } from '#ports/aliases.ts';
import type { FixtureCard } from '#ports/feed.ts';
import { ourQuote, ourResult, resolveCards } from './normalise.ts';
import { nearest } from './suggest.ts';

const AT = Date.UTC(2024, 7, 16, 19, 0);
const OURS = 'fb:E0:20240816:man-united:fulham';

function card(over: Partial<FixtureCard> = {}): FixtureCard {
  return { eventId: 'x:1', sport: 'fb', competition: 'Premier Lg', home: 'Man Utd', away: 'Fulham FC', startAt: AT, ...over };
}

async function known(...more: [AliasKind, string, string, boolean?][]): Promise<MemoryAliases> {
  const aliases = new MemoryAliases();
  const rows: [AliasKind, string, string, boolean?][] = [
    ['competition', 'Premier Lg', 'E0'],
    ['team', 'Man Utd', 'man-united'],
    ['team', 'Fulham FC', 'fulham'],
    ...more,
  ];
  await aliases.add(rows.map(([kind, foreignId, ourId, swapped = false]) => ({ source: 's', kind, foreignId, ourId, swapped })));
  return aliases;
}

const resolve = async (aliases: MemoryAliases, ...cards: FixtureCard[]): ReturnType<typeof resolveCards> =>
  resolveCards({ source: 's', aliases, idStamp: 'day' }, cards, true);

describe('resolveCards()', () => {
  it('names a fixture by the aliases of its competition and teams and remembers it', async () => {
    const aliases = await known();
    const mapping = (await resolve(aliases, card())).get('x:1');
    assert.deepEqual(mapping?.card, {
      eventId: OURS,
      sport: 'fb',
      competition: 'E0',
      home: 'man-united',
      away: 'fulham',
      startAt: AT,
    });
    assert.equal(aliases.queued.size, 0);
    assert.equal((await aliases.findOurs([OURS]))[0]?.foreignId, 'x:1');
  });

  it('queues every unknown name with the likest of ours as a suggestion, and does not use it', async () => {
    const aliases = await known();
    assert.equal((await resolve(aliases, card({ home: 'Manchester United' }))).size, 0);
    assert.deepEqual(
      [...aliases.queued.values()].map(({ foreignId, kind, suggestion }) => [kind, foreignId, suggestion]),
      [['team', 'Manchester United', 'man-united']],
    );
  });

  it('knows a card without a competition by its teams and its day, once another source has named the fixture', async () => {
    const aliases = await known();
    const bare = card({ eventId: 'exchange:7', competition: '', home: '44', away: '55', startAt: AT + 3_600_000 });
    const ask = async (one: FixtureCard = bare, queue = true) =>
      (await resolveCards({ source: 'exchange', aliases, idStamp: 'day' }, [one], queue)).get(one.eventId)?.card;
    assert.equal(await ask(), undefined);
    const queued = () => [...aliases.queued.values()].map(({ foreignId, kind, suggestion }) => [kind, foreignId, suggestion]);
    assert.deepEqual(queued(), [
      ['team', '44', null],
      ['team', '55', null],
      ['fixture', 'exchange:7', null],
    ]);
    aliases.resolve({ source: 'exchange', kind: 'team', foreignId: '44' }, 'man-united');
    aliases.resolve({ source: 'exchange', kind: 'team', foreignId: '55' }, 'fulham');
    assert.equal(await ask(bare, false), undefined); // nobody else has this fixture
    await resolve(aliases, card());
    assert.deepEqual(await ask(bare, false), { ...card(), eventId: OURS, competition: 'E0', home: 'man-united', away: 'fulham', startAt: AT + 3_600_000 }); // prettier-ignore
    // The other way round, on another day, a second parent of the same fixture, and one that names no teams.
    const others = [
      { ...bare, eventId: 'exchange:8', home: '55', away: '44' },
      { ...bare, eventId: 'exchange:9', startAt: AT + 86_400_000 },
      { ...bare, eventId: 'exchange:10' },
      { ...bare, eventId: 'exchange:11', home: '', away: '' },
    ];
    for (const other of others) assert.equal(await ask(other), undefined, other.eventId);
    assert.deepEqual(queued().slice(3), [
      ['fixture', 'exchange:8', null],
      ['fixture', 'exchange:9', null],
      ['fixture', 'exchange:10', OURS],
      ['fixture', 'exchange:11', null],
    ]);
  });

  it('queues a second fixture that would get the same id: duplicated parents are for a person', async () => {
    const aliases = await known();
    await resolve(aliases, card());
    assert.equal((await resolve(aliases, card({ eventId: 'x:2' }))).size, 0);
    assert.deepEqual(
      [...aliases.queued.values()].map((item) => [item.kind, item.foreignId, item.suggestion]),
      [['fixture', 'x:2', OURS]],
    );
  });

  it('queues both kinds of lookalike: the teams reversed, and the same teams on a day nearby', async () => {
    const aliases = await known();
    await resolve(aliases, card());
    const reversed = card({ eventId: 'x:3', home: 'Fulham FC', away: 'Man Utd' });
    const moved = card({ eventId: 'x:4', startAt: AT + 2 * 86_400_000 });
    const nextSeason = card({ eventId: 'x:5', startAt: AT + 200 * 86_400_000 });
    assert.deepEqual([...(await resolve(aliases, reversed, moved, nextSeason)).keys()], ['x:5']);
    assert.deepEqual(
      [...aliases.queued.values()].map((item) => item.suggestion),
      [OURS, OURS],
    );
  });

  it('does not let two lookalikes of one batch through', async () => {
    const aliases = await known();
    const reversed = card({ eventId: 'x:2', home: 'Fulham FC', away: 'Man Utd' });
    assert.deepEqual([...(await resolve(aliases, card(), reversed)).keys()], ['x:1']);
  });

  it('lets another source name the same fixture', async () => {
    const aliases = await known();
    await aliases.add([{ source: 'other', kind: 'fixture', foreignId: 'o:9', ourId: OURS, swapped: false }]);
    assert.equal((await resolve(aliases, card())).get('x:1')?.eventId, OURS);
  });

  it('obeys the alias that a person made for a fixture, also reversed', async () => {
    const aliases = await known(['fixture', 'x:7', OURS, true]);
    const mapping = (await resolve(aliases, card({ eventId: 'x:7', home: 'whatever', away: 'nobody' }))).get('x:7');
    assert.deepEqual([mapping?.eventId, mapping?.swapped, mapping?.card.home], [OURS, true, 'man-united']);
  });
});

describe('a reversed fixture', () => {
  const mapping = { eventId: OURS, swapped: true };
  const quote = (market: string, selections: string[]): Quote => ({
    marketId: `x:1/${market}`,
    quoteSeq: 0,
    status: 'open',
    inPlay: true,
    betDelayMs: 0,
    prices: selections.map((selectionId, i) => ({ selectionId, oddsMilli: 2_000 + i })),
    source: 'b',
    sourceEpoch: 1,
    sourceVersion: 1,
    observedAt: 1,
    confirmedAt: 1,
    score: { home: 2, away: 1 },
  });
  const turned = (market: string, ...selections: string[]): [string, Record<string, number>] => {
    const ours = ourQuote(quote(market, selections), mapping);
    assert.deepEqual(ours?.score, { home: 1, away: 2 });
    return [
      ours?.marketId.slice(OURS.length) ?? '',
      Object.fromEntries(ours?.prices.map((p) => [p.selectionId, p.oddsMilli]) ?? []),
    ];
  };

  it('turns sides, double chances and the sign of a handicap; totals stay', () => {
    assert.deepEqual(turned('1x2', 'home', 'draw', 'away'), ['/1x2', { away: 2_000, draw: 2_001, home: 2_002 }]);
    assert.deepEqual(turned('dc', '1x', '12', 'x2'), ['/dc', { x2: 2_000, 12: 2_001, '1x': 2_002 }]);
    // Home -0.75 at the supplier is our away side giving 0.75: from our home side the line is +0.75.
    assert.deepEqual(turned('ah@-0.75', 'home', 'away'), ['/ah@0.75', { away: 2_000, home: 2_001 }]);
    assert.deepEqual(turned('ah@0', 'home', 'away'), ['/ah@0', { away: 2_000, home: 2_001 }]);
    assert.deepEqual(turned('ou@2.5', 'over', 'under'), ['/ou@2.5', { over: 2_000, under: 2_001 }]);
  });

  it('turns the scores of its result', () => {
    const score = { period: 'ft', stat: 'goals', home: 3, away: 0 };
    const result = {
      eventId: 'x:1',
      source: 's',
      version: 1,
      observedAt: 1,
      status: 'finished',
      completedPeriods: ['ft'],
      scores: [score],
    } as const;
    assert.deepEqual(ourResult(result, mapping).scores, [{ ...score, home: 0, away: 3 }]);
    assert.equal(ourResult(result, mapping).eventId, OURS);
  });
});

describe('nearest()', () => {
  it('suggests the likest id, or nothing when none is like it', () => {
    const ids = ['man-united', 'man-city', 'sao-paulo', 'atletico-serrano'];
    assert.equal(nearest('Man City FC', ids), 'man-city');
    assert.equal(nearest('São Paulo', ids), 'sao-paulo');
    assert.equal(nearest('Flamengo', ids), null);
  });
});
