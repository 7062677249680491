// What RecallMarket reads from the journal before it is decided: in a thread of its own, for it folds the whole chain of the shard.
import { Worker } from 'node:worker_threads';
import type { Envelope } from '#core/kernel/command.ts';
import { parseMarketId } from '#core/catalog/market.ts';
import type { ShardState } from '#core/kernel/state.ts';
import { shardOf } from '#core/ledger/shard.ts';
import type { LoadedMarket } from '#core/settlement/recall/market-file.ts';
import type { MarketPlace } from '#engine/state/market-file.ts';
import type { PlatformContext } from '../context.ts';

/** Markets being read at a time: each thread holds a whole state. */
const READS_MAX = 1;

/** `load` of a writer. Who asks for a market that is being read waits for the same reading; for another one meanwhile: it fails, and the writer says `busy`. */
export function marketFiles({
  database,
}: Pick<PlatformContext, 'database'>): (envelope: Envelope, state: Readonly<ShardState> | null) => Promise<unknown> | null {
  const reading = new Map<string, Promise<LoadedMarket>>();
  return ({ cmd, ledgerId }, state) => {
    if (cmd.type !== 'RecallMarket' || typeof cmd.marketId !== 'string') return null;
    const { marketId } = cmd;
    // A market that is in memory, or none, is refused without reading anything.
    const ledger = state?.ledgers.get(ledgerId);
    if (!ledger || ledger.marketRows.has(marketId) || !parseMarketId(marketId)) return null;
    const name = `${ledgerId} ${marketId}`;
    const known = reading.get(name);
    if (known) return known;
    if (reading.size >= READS_MAX) return Promise.reject(new Error('another market is being read from the journal'));
    const file = inThread(database.url, { ledgerId, marketId, shard: shardOf(ledgerId) });
    reading.set(name, file);
    return file.finally(() => reading.delete(name));
  };
}

function inThread(url: string, place: MarketPlace): Promise<LoadedMarket> {
  const worker = new Worker(new URL('./market-file-worker.ts', import.meta.url), { workerData: { url, place } });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread ended with code ${code} and no market`)));
  });
}
