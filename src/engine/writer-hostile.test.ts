// Whatever JSON reaches the writer as a command, it answers and goes on: nobody's input may stop the shard for the others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '#core/kernel/command.ts';
import { codeOf, Scene } from '../../test/engine/scene.ts';

/** Has no primitive value: comparing it, or using it as a key, throws. */
const NO_VALUE = { toString: 1, valueOf: 1 };

test('the writer answers commands whose parts are of no sensible type, and goes on', { timeout: 20_000 }, async () => {
  const scene = await Scene.open();
  const ana = scene.user('ana');
  const bet = scene.bet(ana);
  const hostile: unknown[] = [
    { ...bet, quoteSeq: NO_VALUE },
    { ...bet, legs: [null] },
    { ...bet, legs: [{ marketId: NO_VALUE, selectionId: NO_VALUE }] },
    { ...bet, betId: NO_VALUE, stakeMinor: NO_VALUE },
    { type: NO_VALUE },
    { type: 'FireTimer', key: NO_VALUE, dueAt: NO_VALUE },
    { type: 'VoidBet', betId: NO_VALUE, reason: NO_VALUE },
    { type: 'RecordResult', result: { status: 'finished', version: 1, source: 'x', completedPeriods: [], scores: [null] } },
    { type: 'BirthBot', botId: NO_VALUE, dnaHash: NO_VALUE },
  ];
  for (const cmd of hostile) {
    for (const via of ['api', 'operator', 'timer'] as const) {
      const answer = await scene.ask(cmd as Command, { via, ownerId: ana, commandId: scene.id('cmd') });
      assert.ok(
        ['malformed', 'forbidden', 'step_invalid', 'not_found'].includes(codeOf(answer)),
        `${JSON.stringify(cmd)}: ${codeOf(answer)}`,
      );
    }
  }
  assert.equal(scene.writer.status, 'writing');
  assert.equal(codeOf(await scene.ask(scene.bet(ana))), 'done');
});
