import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonical } from '#core/base/canonical.ts';
import { payloadHash, encodeEnvelope, type EnvelopeParts } from './envelope.ts';

/** What RFC 8785 makes of the whole envelope at once. */
function expected(parts: EnvelopeParts): string {
  return canonical({ ...parts, payloadHash: payloadHash(parts.actor, parts.cmd, parts.ledgerId) });
}

const text = fc.string({ unit: 'binary', maxLength: 12 });
const whole = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(-0, 1.5, 1e21));
const leg = fc.record({ marketId: text, selectionId: text, more: text }, { requiredKeys: ['marketId', 'selectionId'] });
const actor = fc.record(
  { ownerId: text, tenantId: text, via: text, more: text },
  { requiredKeys: ['ownerId', 'tenantId', 'via'] },
);
const bet = fc.record(
  {
    betId: text,
    holder: text,
    legs: fc.array(leg, { maxLength: 3 }),
    minOddsMilli: whole,
    quoteSeq: whole,
    stakeMinor: whole,
    type: fc.constant('PlaceBet'),
    another: whole,
  },
  { requiredKeys: ['betId', 'holder', 'legs', 'minOddsMilli', 'quoteSeq', 'stakeMinor', 'type'] },
);

test('encodeEnvelope() writes every bet as canonical JSON, usual or not', () => {
  const envelope = fc.record({ actor, cmd: bet, commandId: text, lane: text, ledgerId: text });
  fc.assert(
    fc.property(envelope, (parts) => {
      const envelope = parts as unknown as EnvelopeParts;
      assert.equal(encodeEnvelope(envelope), expected(envelope));
    }),
    { numRuns: 2_000 },
  );
});
