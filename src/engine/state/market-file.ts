// Reads a market that left memory back from the journal: folds the chain from its beginning, and files the market as it was each time it was
// forgotten. As long as a rebuild of the shard, so to be done beside the writer; nothing else is exact for whatever a market went through.
import { initialShard } from '#core/kernel/state.ts';
import { fileOf, type LoadedMarket } from '#core/settlement/recall/market-file.ts';
import type { Journal } from '#ports/journal.ts';
import { CHAIN_START } from '../journal/chain-reader.ts';
import { foldFrom } from './restore.ts';

export interface MarketPlace {
  readonly shard: number;
  readonly ledgerId: string;
  readonly marketId: string;
}

export async function readMarketFile(journal: Journal, { ledgerId, marketId, shard }: MarketPlace): Promise<LoadedMarket> {
  let file: LoadedMarket = { code: 'not_found' };
  await foldFrom(journal, shard, {
    state: initialShard(),
    place: CHAIN_START,
    before(state, e) {
      if (e.ledgerId !== ledgerId) return;
      // Back in memory, it may be settled anew: what was filed before is not what it is.
      if (e.type === 'MarketRecalled' && e.data.marketId === marketId) file = { code: 'not_found' };
      if (e.type !== 'MarketArchived' || e.data.marketId !== marketId) return;
      const ledger = state.ledgers.get(ledgerId);
      if (ledger) file = fileOf(ledger, marketId);
    },
  });
  return file;
}
