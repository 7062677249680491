import { aliasesContract, oddsStoreContract } from '../../../test/contract/odds-store.ts';
import { MemoryAliases } from './memory-aliases.ts';
import { MemoryOddsStore } from './memory-odds-store.ts';

oddsStoreContract('MemoryOddsStore', async () => new MemoryOddsStore());
aliasesContract('MemoryAliases', async () => new MemoryAliases());
