import { journalContract } from '../../../test/contract/journal.ts';
import { MemoryJournal } from './memory-journal.ts';

journalContract('MemoryJournal', async () => {
  let now = 1_000;
  const journal = new MemoryJournal(() => now);
  const pass = async (ms: number): Promise<void> => void (now += ms);
  return { one: journal, two: journal, pass, close: async () => undefined };
});
