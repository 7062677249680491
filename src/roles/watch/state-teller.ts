// A writer tells what its state hashes to, so that others can compare: now and then between two blocks while that takes no time, and when it stops.
import type { ShardState } from '#core/kernel/state.ts';
import type { Writer } from '#engine/writer.ts';
import type { Running, Runtime } from '../runtime.ts';

/** Each shard has its own interval, so that the states of many are not hashed one behind the other. */
const EVERY_MS = { first: 300_000, perShard: 1_000 };
/** A moment between two blocks is looked for this often, and so many times, ms. */
const TRY_MS = 50;
const TRIES_MAX = 100;
/** Hashing holds up everything, about 4 us a holder and 1 us an open bet: some 20 ms at these limits. A larger state is hashed only at the end of the process. */
const HOLDERS_MAX = 2_500;
const OPEN_BETS_MAX = 10_000;

export function startStateTeller(
  runtime: Runtime,
  writer: Writer,
  everyMs = EVERY_MS.first + writer.shard * EVERY_MS.perShard,
): Running {
  const { log, stateHashes } = runtime.context;
  let trying: NodeJS.Timeout | undefined;
  const tell = async (): Promise<boolean> => {
    const { place, shard } = writer;
    const stateHash = place && writer.stateHashAt(place.blockNo);
    if (!stateHash) return false;
    await stateHashes
      .publish(shard, { blockNo: place.blockNo, seq: place.seq, blockHash: place.hash, stateHash })
      .catch((error: unknown) => log.warn('state.not_told', { shard, error: String(error) }));
    return true;
  };
  const attempt = (left: number): void => {
    if (left === 0 || !writer.state || !isSmall(writer.state)) return;
    void tell().then((told) => {
      if (!told) trying = setTimeout(() => attempt(left - 1), TRY_MS).unref();
    });
  };
  const timer = setInterval(() => attempt(TRIES_MAX), everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      clearTimeout(trying);
      // One that hands over to another process while others are held here must not hold those up.
      const mayTake = runtime.draining || (writer.state !== null && isSmall(writer.state));
      if (writer.status === 'stopped' && mayTake) await tell();
    },
  };
}

function isSmall(state: Readonly<ShardState>): boolean {
  let [holders, bets] = [0, 0];
  for (const ledger of state.ledgers.values()) {
    holders += ledger.holders.length;
    bets += ledger.bets.size;
  }
  return holders <= HOLDERS_MAX && bets <= OPEN_BETS_MAX;
}
