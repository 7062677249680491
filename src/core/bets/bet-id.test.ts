import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '../kernel/command.ts';
import { betIdOf, commandIdOf, isNamedAfter } from './bet-id.ts';

const COMMAND = 'cmd_01JXT21Q00SGZMD8PJMBFE0DMR';
const BET = 'bet_01JXT21Q00SGZMD8PJMBFE0DMR';

test('betIdOf() and commandIdOf() keep the 26 characters and change what is before them', () => {
  assert.equal(betIdOf(COMMAND), BET);
  assert.equal(commandIdOf(BET), COMMAND);
});

test('isNamedAfter() is true for the one name that a bet may have, and for what is no bet', () => {
  const named = (betId: unknown): boolean => isNamedAfter(COMMAND, { type: 'PlaceBet', betId } as Command);
  assert.equal(named(BET), true);
  for (const other of ['bet_01JXT21Q00AXMPBF4KVJJV1TGR', COMMAND, BET.slice(4), `${BET} `, BET.toLowerCase(), '', null, 5, [BET]])
    assert.equal(named(other), false, String(other));
  assert.equal(isNamedAfter(COMMAND, { type: 'VoidBet', betId: 'bet_of_another', reason: 'x' }), true);
});
