// The fast evaluator and the real engine must tell the same story: every balance to the cent, every reason as often.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { population } from '#core/bots/random-dna.ts';
import { MemoryJournal } from '#adapters/memory/memory-journal.ts';
import { readRecording } from '#adapters/feeds/recording-reader.ts';
import { play } from '#roles/replay-run.ts';
import { silentLog } from '#ports/log.ts';
import { FastEvaluator } from './fast-evaluator.ts';
import { chooseTerms } from './replay-terms.ts';

const recording = readRecording([
  { name: 'season.csv', bytes: await readFile(new URL('../../examples/season.csv', import.meta.url)) },
]);
const terms = chooseTerms(recording.fixtures);

for (const seed of [1, 2, 3]) {
  test(`FastEvaluator gives the engine's balances and reasons for population ${seed}`, async () => {
    const dna = population(seed, 60);
    const engine = await play({
      recording,
      terms,
      dna,
      shard: 1_000,
      journal: new MemoryJournal(),
      log: null,
      problems: silentLog,
    });
    const fast = new FastEvaluator(dna, terms);
    fast.run(recording.fixtures);
    assert.ok(engine.bets > 100, 'too few bets to compare');
    assert.deepEqual(engine.refusals, {});
    const reasons: Record<string, number> = {};
    for (const bot of fast.runner.bots) for (const [code, n] of bot.reasons) reasons[code] = (reasons[code] ?? 0) + n;
    assert.deepEqual(Object.fromEntries(Object.entries(reasons).sort()), engine.reasons);
    assert.equal(fast.runner.evaluations, engine.evaluations);
    assert.equal(fast.bets, engine.bets);
    for (const row of engine.bots) assert.equal(fast.balanceMinor(row.botId), terms.fundsMinor + row.profitMinor, row.botId);
  });
}
