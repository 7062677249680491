import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '#core/base/canonical.ts';
import type { EventData, NewEvent } from '#core/kernel/event.ts';
import { decodeEvent, encodeEvent } from './event-codec.ts';

const text = fc.oneof(fc.string(), fc.constantFrom('simA', 'a "quoted" book', 'back\\\\slash', 'São Paulo', '\u2028', '😀'));
const whole = fc.nat({ max: 2 ** 31 - 1 });

const betPlaced = fc.record({
  at: whole,
  commandId: text,
  data: fc.record({
    betId: text,
    holder: text,
    legs: fc.tuple(fc.record({ marketId: text, oddsMilli: whole, selectionId: text })),
    minOddsMilli: whole,
    quote: fc.record({ ageMs: whole, seq: whole, source: text }),
    stakeMinor: whole,
    status: fc.constantFrom('accepted', 'pending'),
  }),
  ledgerId: text,
  postings: fc.tuple(fc.record({ amountMinor: whole, currency: fc.constant('PLAY'), from: text, to: text })),
  type: fc.constant('BetPlaced'),
  v: fc.constant(1),
});

test('decodeEvent() reads a stored bet exactly as JSON.parse does, whatever its texts hold', () => {
  fc.assert(fc.property(betPlaced, (event) => assert.deepEqual(decodeEvent(canonical(event)), JSON.parse(canonical(event)))));
});

test('decodeEvent() reads lines that are nearly a plain bet by the long way', () => {
  const plain =
    '{"at":1,"commandId":"cmd","data":{"betId":"b","holder":"h","legs":[{"marketId":"m","oddsMilli":2000,"selectionId":"home"}],"minOddsMilli":1,"quote":{"ageMs":0,"score":{"away":0,"home":1},"seq":1,"source":"s"},"stakeMinor":5,"status":"accepted"},"ledgerId":"main","postings":[{"amountMinor":5,"currency":"PLAY","from":"x","to":"y"}],"type":"BetPlaced","v":1}';
  assert.deepEqual(decodeEvent(plain), JSON.parse(plain));
  assert.throws(() => decodeEvent(plain.replace('"at":1', '"at":01')), SyntaxError);
  assert.throws(() => decodeEvent(plain.replace('"v":1', '"v":2')), /newer than this program/);
});

/** Every member that a bet may have besides those that all have: a new one must be named here. */
type Always = 'betId' | 'holder' | 'legs' | 'minOddsMilli' | 'quote' | 'stakeMinor' | 'status';
const MORE: Required<Omit<EventData['BetPlaced'], Always>> = { oddsPolicy: 'exact', releaseAt: 9 };

test('encodeEvent() loses no member of a bet', () => {
  const quote = { ageMs: 0, seq: 1, source: 's' };
  const leg = { marketId: 'm', oddsMilli: 2_000, selectionId: 'home' };
  const plain = { betId: 'b', holder: 'h', legs: [leg], minOddsMilli: 1, quote, stakeMinor: 5, status: 'pending' } as const;
  const bets = [
    plain,
    { ...plain, legs: [{ ...leg, lead: 0 }] },
    { ...plain, quote: { ...quote, score: { away: 0, home: 0 } } },
    ...Object.entries(MORE).map(([member, value]) => ({ ...plain, [member]: value })),
  ];
  const postings = [{ amountMinor: 5, currency: 'PLAY' as const, from: 'x', to: 'y' }];
  for (const data of bets) {
    const event: NewEvent = { at: 1, commandId: 'cmd', data, ledgerId: 'main', postings, type: 'BetPlaced', v: 1 };
    assert.deepEqual(decodeEvent(encodeEvent(event)), event);
  }
});

test('encodeEvent() writes a bet by hand as canonical JSON would', () => {
  const event = decodeEvent(
    '{"at":1,"commandId":"cmd","data":{"betId":"b","holder":"h","legs":[{"marketId":"m","oddsMilli":2000,"selectionId":"home"}],"minOddsMilli":1,"quote":{"ageMs":0,"seq":1,"source":"a \\"b\\""},"stakeMinor":5,"status":"accepted"},"ledgerId":"main","postings":[{"amountMinor":5,"currency":"PLAY","from":"x","to":"y"}],"type":"BetPlaced","v":1}',
  ) as NewEvent<'BetPlaced'>;
  assert.equal(encodeEvent(event), canonical(event));
});
