// Which quotes a command's decision may read.
import type { Command, Envelope } from '#core/kernel/command.ts';
import { marketAt, type ShardState } from '#core/kernel/state.ts';

const NONE: readonly string[] = [];

/** Ids of the markets whose quote belongs in the context of this command. */
export function wantedMarkets(state: ShardState, envelope: Envelope): readonly string[] {
  const { cmd } = envelope;
  if (cmd.type === 'PlaceBet') {
    if (!Array.isArray(cmd.legs)) return NONE;
    return cmd.legs.map((leg) => leg?.marketId).filter((id) => typeof id === 'string');
  }
  const betId = betOf(cmd);
  if (betId === null) return NONE;
  const ledger = state.ledgers.get(envelope.ledgerId);
  const row = ledger?.bets.find(betId) ?? -1;
  if (!ledger || row < 0) return NONE;
  return [marketAt(ledger, ledger.bets.get(row).market).marketId];
}

/** The open bet that a command judges at the price of its moment, or null. */
function betOf(cmd: Command): string | null {
  if (cmd.type === 'CashOutBet') return typeof cmd.betId === 'string' ? cmd.betId : null;
  if (cmd.type !== 'FireTimer' || typeof cmd.key !== 'string') return null;
  return /^(?:bet|cash):(.*)$/s.exec(cmd.key)?.[1] ?? null;
}
