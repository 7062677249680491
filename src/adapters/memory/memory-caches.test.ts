import { hotOddsContract } from '../../../test/contract/hot-odds.ts';
import { rateCountersContract } from '../../../test/contract/rate-counters.ts';
import { MemoryHotOdds } from './memory-hot-odds.ts';
import { MemoryRateCounters } from './memory-rate-counters.ts';

hotOddsContract('MemoryHotOdds', () => {
  const hot = new MemoryHotOdds();
  return Promise.resolve({ keeper: hot, reader: hot });
});

rateCountersContract('MemoryRateCounters', () => {
  const counters = new MemoryRateCounters();
  return Promise.resolve([counters, counters]);
});
