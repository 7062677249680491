// A ledger as the journal has it at this moment, for commands that only look: read beside a running server, and never ahead of a COMMIT.
import type { LedgerState } from '#core/kernel/state.ts';
import { shardOf } from '#core/ledger/shard.ts';
import { restore } from '#engine/state/restore.ts';
import type { PlatformContext } from '../context.ts';

/** Throws when there is no such ledger. */
export async function readLedger(context: PlatformContext, ledgerId: string): Promise<LedgerState> {
  const journal = await context.journal();
  const { state } = await restore({ journal, snapshots: context.snapshots, shard: shardOf(ledgerId), keysMax: 1 });
  const ledger = state.ledgers.get(ledgerId);
  if (!ledger) throw new Error(`there is no ledger ${ledgerId}; \`npx palpite ledger list\` shows them`);
  return ledger;
}
