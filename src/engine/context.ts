// Which quotes a command's decision may read, and which it must wait for.
import { placeMarketId } from '#core/bets/each-way/each-way.ts';
import { heldBet } from '#core/bets/held-bet.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Envelope } from '#core/kernel/command.ts';
import { type LedgerState, marketAt, marketOf, type ShardState } from '#core/kernel/state.ts';

const NONE: readonly string[] = [];
/** Timers that end the delay of a bet or of its cash-out. */
const RELEASES = ['bet:', 'cash:', 'multiple:'] as const;

/** Ids of the markets whose quote belongs in the context of this command. */
export function wantedMarkets(state: ShardState, envelope: Envelope): readonly string[] {
  const { cmd } = envelope;
  if (cmd.type === 'PlaceBet' || cmd.type === 'PlaceMultiple') {
    if (!Array.isArray(cmd.legs)) return NONE;
    return cmd.legs.map((leg) => leg?.marketId).filter((id) => typeof id === 'string');
  }
  if (cmd.type !== 'CashOutBet' && cmd.type !== 'ReviewBet' && cmd.type !== 'FireTimer') return NONE;
  // Not judged yet: whatever JSON holds may stand here.
  if (cmd.type !== 'FireTimer' && typeof cmd.betId !== 'string') return NONE;
  const key = cmd.type === 'CashOutBet' ? `cash:${cmd.betId}` : cmd.type === 'ReviewBet' ? `bet:${cmd.betId}` : cmd.key;
  const ledger = state.ledgers.get(envelope.ledgerId);
  return ledger && typeof key === 'string' ? releasedMarkets(ledger, key) : NONE;
}

/** Of the bet whose delay this timer ends, or that is to be cashed out or looked at. */
function releasedMarkets(ledger: LedgerState, key: string): readonly string[] {
  if (!RELEASES.some((kind) => key.startsWith(kind))) return NONE;
  const betId = key.slice(key.indexOf(':') + 1);
  const held = heldBet(ledger, betId);
  if (held) {
    const market = marketAt(ledger, held.market);
    // Its place part is bought back at the price of a place.
    const isSold = held.eachWay && key.startsWith('cash:');
    return isSold ? [market.marketId, placeMarketId(market)] : [market.marketId];
  }
  const { multiples } = ledger;
  const bet = multiples.find(betId);
  if (bet < 0) return NONE;
  const rows = multiples.legsOf(bet).map((leg) => multiples.legs.market[leg] as number);
  // A leg whose market is archived has none.
  return rows.filter((row) => row >= 0).map((row) => marketAt(ledger, row).marketId);
}

/**
 * True while a quote is not here that a bet was made on. One for a market that is not open is not waited for: it gets none however long it waits.
 * Compared only as numbers: decide() refuses what is none, and here it would throw.
 */
export function lacksQuote(
  state: Readonly<ShardState> | null,
  board: { get(marketId: string): Quote | undefined },
  { cmd, ledgerId }: Envelope,
): boolean {
  if ((cmd.type !== 'PlaceBet' && cmd.type !== 'PlaceMultiple') || !Array.isArray(cmd.legs)) return false;
  const isMissing = (marketId: unknown, quoteSeq: unknown): boolean => {
    if (typeof quoteSeq !== 'number') return false;
    const known = typeof marketId === 'string' ? board.get(marketId) : undefined;
    return quoteSeq > (known?.quoteSeq ?? -1) && isOpen(state, ledgerId, marketId);
  };
  if (cmd.type === 'PlaceBet') return isMissing(cmd.legs[0]?.marketId, cmd.quoteSeq);
  return cmd.legs.some((leg) => isMissing(leg?.marketId, leg?.quoteSeq));
}

function isOpen(state: Readonly<ShardState> | null, ledgerId: string, marketId: unknown): boolean {
  const ledger = state?.ledgers.get(ledgerId);
  return ledger !== undefined && typeof marketId === 'string' && marketOf(ledger, marketId)?.status === 'open';
}
