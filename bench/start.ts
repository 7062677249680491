// Start with a million open bets, from a snapshot; and a full rebuild from the first block, both on a durable PostgreSQL.
import { initialShard } from '#core/kernel/state.ts';
import { CHAIN_START } from '#engine/journal/chain-reader.ts';
import { Follower } from '#engine/journal/follower.ts';
import { foldFrom, restore } from '#engine/state/restore.ts';
import { stateHash } from '#engine/state/snapshot.ts';
import { KEY_WINDOW_MAX } from '#engine/keys/key-window.ts';
import { Writer } from '#engine/writer.ts';
import { silentLog } from '#ports/log.ts';
import { PostgresJournal } from '#adapters/postgres/journal/postgres-journal.ts';
import { PostgresSnapshots } from '#adapters/postgres/journal/postgres-snapshots.ts';
import { SystemClock } from '#adapters/system/system-clock.ts';
import { note, withBenchDatabase } from './bench-database.ts';
import { encodeBet, makeUsers, prepareArena, putQuotes } from './writer-load.ts';

const OPEN_BETS = 1_000_000;
const USERS = 100_000;
const CHUNK = 8_192;

export async function run(): Promise<Record<string, unknown>> {
  return withBenchDatabase(async (database) => {
    const journal = new PostgresJournal(await database.connect(), database.pool);
    const snapshots = new PostgresSnapshots(database.pool);
    const clock = new SystemClock();
    const ports = { journal, snapshots, clock, log: silentLog };
    const options = { shard: 0, lease: { holder: 'bench', address: '', ttlMs: 3_600_000 } };
    const writer = new Writer(options, ports);
    await writer.start();
    const users = makeUsers(USERS);
    await prepareArena(writer, users);
    putQuotes(writer);
    note(`placing ${OPEN_BETS} bets ...`);
    for (let n = 0; n < OPEN_BETS; n += CHUNK) {
      const some = Array.from({ length: Math.min(CHUNK, OPEN_BETS - n) }, (_, i) => writer.submit(encodeBet(users, n + i)));
      const refused = (await Promise.all(some)).find((answer) => !answer.includes('"result":"done"'));
      if (refused) throw new Error(refused);
    }
    const expected = stateHash(writer.state as Parameters<typeof stateHash>[0]);
    await writer.stop();
    note('rebuilding ...');
    const rebuilt = await timed(async () => {
      const state = initialShard();
      const { events } = await foldFrom(journal, 0, { state, place: CHAIN_START });
      return { events, state };
    });
    const equal = stateHash(rebuilt.value.state) === expected;
    note('snapshot and start ...');
    const follower = new Follower({ shard: 0 }, { ...ports });
    await follower.start(0);
    await follower.finish(1);
    const started = await timed(async () => {
      const again = new Writer(options, ports);
      await again.start();
      const openBets = again.state?.ledgers.get('main')?.bets.size ?? 0;
      const equal = stateHash(again.state as Parameters<typeof stateHash>[0]) === expected;
      await again.stop();
      return { openBets, equal };
    });
    const restored = await restore({ journal, snapshots, shard: 0, keysMax: KEY_WINDOW_MAX });
    if (!equal || !started.value.equal || !restored.fromSnapshot) throw new Error('a rebuilt state differs');
    return {
      startSeconds: started.seconds,
      openBets: started.value.openBets,
      rebuildEventsPerSecond: Math.round(rebuilt.value.events / rebuilt.seconds),
      rebuildEvents: rebuilt.value.events,
      rebuildSeconds: rebuilt.seconds,
    };
  });
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const at = performance.now();
  const value = await work();
  return { value, seconds: Math.round(performance.now() - at) / 1000 };
}
