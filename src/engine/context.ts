// Which quotes a command's decision may read.
import type { Envelope } from '#core/kernel/command.ts';
import { marketAt, type ShardState } from '#core/kernel/state.ts';

const NONE: readonly string[] = [];

/** Ids of the markets whose quote belongs in the context of this command. */
export function wantedMarkets(state: ShardState, envelope: Envelope): readonly string[] {
  const { cmd } = envelope;
  if (cmd.type === 'PlaceBet') {
    if (!Array.isArray(cmd.legs)) return NONE;
    return cmd.legs.map((leg) => leg?.marketId).filter((id) => typeof id === 'string');
  }
  if (cmd.type !== 'FireTimer' || typeof cmd.key !== 'string' || !cmd.key.startsWith('bet:')) return NONE;
  const ledger = state.ledgers.get(envelope.ledgerId);
  const betId = cmd.key.slice('bet:'.length);
  for (const bets of ledger ? [ledger.bets, ledger.eachWay] : []) {
    const row = bets.find(betId);
    if (ledger && row >= 0) return [marketAt(ledger, bets.get(row).market).marketId];
  }
  return NONE;
}
