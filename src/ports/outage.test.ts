import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOutage, OutageError } from './outage.ts';

test('isOutage() knows servers that are away from faults of a message', () => {
  const coded = (code: string): Error => Object.assign(new Error('x'), { code });
  for (const code of ['ECONNREFUSED', 'ECONNRESET', '08006', '57P01', '57P03', '53300']) assert.ok(isOutage(coded(code)), code);
  for (const code of ['23505', '22P02', 'ENOENT', '57014', '0800']) assert.ok(!isOutage(coded(code)), code);
  assert.ok(isOutage(new Error('Connection terminated unexpectedly')));
  assert.ok(isOutage(new OutageError('the writer is busy')));
  assert.ok(isOutage(new Error('outer', { cause: coded('ECONNREFUSED') })));
  assert.ok(isOutage(new AggregateError([coded('ECONNREFUSED')])));
  assert.ok(!isOutage(new Error('malformed')) && !isOutage('ECONNREFUSED') && !isOutage(null));
});
