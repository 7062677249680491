// What should have been decided, said again in the plainest way: reads each stored block and predicts every bet, release and payout
// from its own Maps and BigInts. It shares no code with the decisions it judges.
import type { Quote } from '#core/catalog/quote.ts';
import type { Envelope, PlaceBet } from '#core/kernel/command.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { BlockBody } from '#engine/journal/block-body.ts';
import { eventsOf } from '#engine/journal/chain-reader.ts';
import { keysOf } from '#engine/journal/stored-keys.ts';
import type { Block } from '#ports/journal.ts';
import { NaiveFold } from '../engine/naive-fold.ts';

interface OpenBet {
  readonly holder: string;
  readonly marketId: string;
  readonly selectionId: string;
  readonly stake: bigint;
  readonly odds: bigint;
  readonly minOdds: number;
  readonly suspensions: number;
  readonly releaseAt: number | null;
}

interface Now {
  readonly now: number;
  readonly quotes: readonly Quote[];
}

export class SimOracle {
  readonly fold = new NaiveFold();
  readonly #open = new Map<string, OpenBet>();
  readonly #owners = new Map<string, string>();
  readonly #paused = new Set<string>();
  readonly #halted = new Set<string>();
  readonly #excluded = new Map<string, number>();
  readonly #startAt = new Map<string, number>();
  readonly #suspensions = new Map<string, number>();
  readonly #goals = new Map<string, [home: bigint, away: bigint]>();
  readonly #limits: Record<string, number> = {
    stakeMaxMinor: 10_000_000,
    stakeMinMinor: 1,
    openBetsMax: 1_000,
    staleMsPreMatch: 120_000,
    staleMsInPlay: 10_000,
    releaseGraceMs: 5_000,
  };
  blocks = 0;
  predicted = 0;

  get halted(): ReadonlySet<string> {
    return this.#halted;
  }

  get openBets(): number {
    return this.#open.size;
  }

  /** Takes the next block; returns what is wrong with it. */
  add(block: Block): string[] {
    const body = new BlockBody(block.body);
    const { now, quotes, uses } = body.context();
    const events = eventsOf(block);
    const faults: string[] = [];
    let at = 0;
    let i = 0;
    for (const key of keysOf(block)) {
      const envelope = JSON.parse(body.commandLines()[i] as string) as Envelope;
      const own = events.slice(at, key.seq - block.firstSeq + 1);
      at += own.length;
      const seen = (uses[i++] ?? []).map((n) => quotes[n] as Quote);
      const fault = this.#judge(envelope, own, { now, quotes: seen });
      if (fault) faults.push(`block ${block.blockNo}, ${envelope.cmd.type} ${envelope.commandId}: ${fault}`);
      for (const e of own) faults.push(...this.#take(e));
    }
    this.blocks++;
    return [...faults, ...this.fold.check()];
  }

  #judge(envelope: Envelope, own: readonly NewEvent[], at: Now): string | null {
    const first = own[0] as NewEvent;
    if (own.some((e) => e.commandId !== envelope.commandId)) return 'holds an event of another command';
    const { cmd } = envelope;
    if (first.type === 'BetPlaced' && !this.#isQuoted(first, at)) return 'is placed at odds that nobody quoted';
    const got = first.type === 'CommandRefused' ? first.data.refusal.code : first.type;
    if (first.type === 'CommandQuarantined') return 'decide() threw';
    if (cmd.type === 'PlaceBet') return this.#differs(this.#bet(envelope as Envelope<PlaceBet>, at), got);
    if (cmd.type !== 'FireTimer') return null;
    if (cmd.dueAt > at.now) return `fired ${cmd.dueAt - at.now} ms early`;
    if (!cmd.key.startsWith('bet:')) return null;
    const want = this.#release(cmd.key.slice(4), at);
    return this.#differs(want, first.type === 'BetRejected' ? first.data.reason : got);
  }

  #isQuoted({ data }: NewEvent<'BetPlaced'>, { quotes }: Now): boolean {
    const leg = data.legs[0];
    const quote = quotes.find((q) => q.marketId === leg?.marketId);
    return (
      quote?.quoteSeq === data.quote.seq &&
      quote.prices.some((p) => p.selectionId === leg?.selectionId && p.oddsMilli === leg.oddsMilli)
    );
  }

  #differs(want: string, got: string): string | null {
    this.predicted++;
    return want === got ? null : `should be ${want}, is ${got}`;
  }

  #bet({ actor, cmd }: Envelope<PlaceBet>, at: Now): string {
    const limit = (name: string): number => this.#limits[name] as number;
    if (!Number.isInteger(cmd.stakeMinor) || cmd.stakeMinor <= 0) return 'step_invalid';
    const owner = this.#owners.get(cmd.holder);
    if (owner === undefined || owner !== actor.ownerId) return 'not_found';
    const barred = this.#barred(cmd.holder, at.now);
    if (barred) return barred;
    const leg = cmd.legs[0] as { marketId: string; selectionId: string };
    const market = this.fold.markets.get(leg.marketId);
    if (!market || market.status === 'archived') return 'not_found';
    if (market.status === 'suspended') return 'market_suspended';
    if (market.status !== 'open') return 'market_closed';
    if (cmd.stakeMinor < limit('stakeMinMinor')) return 'stake_below_min';
    if (cmd.stakeMinor > limit('stakeMaxMinor')) return 'stake_above_max';
    if ([...this.#open.values()].filter((bet) => bet.holder === cmd.holder).length >= limit('openBetsMax')) return 'limit_user';
    if (this.#open.has(cmd.betId)) return 'already_resolved';
    const price = this.#price(leg, cmd.minOddsMilli, at);
    if (price) return price;
    return this.fold.balance(`player:${cmd.holder}:available`) < BigInt(cmd.stakeMinor) ? 'insufficient_funds' : 'BetPlaced';
  }

  /** Why this holder may not bet now, or ''. */
  #barred(holder: string, now: number): string {
    if (this.#halted.has('bets') || (holder.startsWith('bot_') && this.#halted.has('bots'))) return 'gate_halted';
    if ((this.#excluded.get(this.#owners.get(holder) ?? '') ?? 0) > now) return 'self_excluded';
    return this.#paused.has(holder) ? 'bot_paused' : '';
  }

  /** Why the price cannot be had, or ''. */
  #price(leg: { marketId: string; selectionId: string }, minOdds: number, at: Now): string {
    const quote = at.quotes.find((q) => q.marketId === leg.marketId);
    if (!quote) return 'price_stale';
    const limit = this.#limits[quote.inPlay ? 'staleMsInPlay' : 'staleMsPreMatch'] as number;
    const isStale = at.now - quote.confirmedAt > limit;
    if (quote.status === 'suspended') return isStale ? 'price_stale' : 'market_suspended';
    if (quote.status !== 'open') return 'market_closed';
    if (!quote.inPlay && at.now >= (this.#startAt.get(leg.marketId) as number)) return 'market_closed';
    if (isStale) return 'price_stale';
    const price = quote.prices.find((p) => p.selectionId === leg.selectionId);
    if (!price) return 'selection_withdrawn';
    return price.oddsMilli < minOdds ? 'odds_changed' : '';
  }

  #release(betId: string, at: Now): string {
    const bet = this.#open.get(betId);
    if (!bet || bet.releaseAt === null) return 'TimerDropped';
    if ((this.#suspensions.get(bet.marketId) ?? 0) !== bet.suspensions) return 'market_suspended';
    if (at.now - bet.releaseAt > (this.#limits['releaseGraceMs'] as number)) return 'timeout';
    if (this.fold.markets.get(bet.marketId)?.status !== 'open') return 'market_closed';
    return this.#barred(bet.holder, at.now) || this.#price(bet, bet.minOdds, at) || 'BetAccepted';
  }

  #take(e: NewEvent): string[] {
    this.fold.add(e);
    switch (e.type) {
      case 'FundsIssued':
        this.#owners.set(e.data.holder, e.data.ownerId);
        return [];
      case 'BotBorn':
        this.#owners.set(e.data.botId, e.data.ownerId);
        return [];
      case 'BotPaused':
      case 'BotRetired':
        this.#paused.add(e.data.botId);
        return [];
      case 'BotResumed':
        this.#paused.delete(e.data.botId);
        return [];
      case 'RiskHalted':
        this.#halted.add(e.data.scope);
        return [];
      case 'RiskResumed':
        this.#halted.delete(e.data.scope);
        return [];
      case 'ExclusionSet':
        this.#excluded.set(e.data.ownerId, e.data.until);
        return [];
      case 'LimitsChanged':
        Object.assign(this.#limits, e.data.limits);
        return [];
      case 'MarketOpened':
        this.#startAt.set(e.data.marketId, e.data.startAt);
        this.#suspensions.set(e.data.marketId, 0);
        return [];
      case 'MarketSuspended':
        this.#suspensions.set(e.data.marketId, (this.#suspensions.get(e.data.marketId) ?? 0) + 1);
        return [];
      case 'MarketArchived':
        this.fold.markets.delete(e.data.marketId);
        return [];
      case 'MarketResulted': {
        const score = e.data.scores[0] as { home: number; away: number };
        this.#goals.set(e.data.eventId, [BigInt(score.home), BigInt(score.away)]);
        return [];
      }
      case 'BetPlaced':
        return this.#placed(e);
      case 'BetAccepted':
        this.#open.set(e.data.betId, { ...(this.#open.get(e.data.betId) as OpenBet), releaseAt: null });
        return [];
      case 'BetRejected':
      case 'BetVoided':
        this.#open.delete(e.data.betId);
        return [];
      case 'BetsSettled':
        return this.#settled(e);
      default:
        return [];
    }
  }

  #placed(e: NewEvent<'BetPlaced'>): string[] {
    const { betId, holder, legs, minOddsMilli, releaseAt, stakeMinor } = e.data;
    const leg = legs[0] as (typeof legs)[number];
    const { marketId, selectionId } = leg;
    const suspensions = this.#suspensions.get(marketId) ?? 0;
    const bet = {
      holder,
      marketId,
      selectionId,
      stake: BigInt(stakeMinor),
      odds: BigInt(leg.oddsMilli),
      minOdds: minOddsMilli,
      suspensions,
      releaseAt: releaseAt ?? null,
    };
    this.#open.set(betId, bet);
    return [];
  }

  #settled(e: NewEvent<'BetsSettled'>): string[] {
    const faults: string[] = [];
    for (const [betId, , returned] of e.data.bets) {
      const bet = this.#open.get(betId);
      if (!bet) faults.push(`${betId} is paid, but is not open`);
      else if (BigInt(returned) !== this.#payout(bet))
        faults.push(`${betId} is paid ${returned}, should be ${this.#payout(bet)}`);
      this.predicted++;
      this.#open.delete(betId);
    }
    return faults;
  }

  /** As half stakes on two lines, each won, lost or given back whole: floor of the exact sum. */
  #payout(bet: OpenBet): bigint {
    if (bet.releaseAt !== null) return bet.stake; // never accepted
    const [eventId = '', spec = ''] = bet.marketId.split('/');
    const [home, away] = this.#goals.get(eventId) as [bigint, bigint];
    const [type, line] = spec.split('@');
    if (type === '1x2') {
      const winner = home > away ? 'home' : home < away ? 'away' : 'draw';
      return bet.selectionId === winner ? (bet.stake * bet.odds) / 1000n : 0n;
    }
    const quarters = BigInt(Number(line) * 4);
    const halves = quarters % 2n === 0n ? [quarters, quarters] : [quarters - 1n, quarters + 1n];
    let sum = 0n; // of 1/2000 of the stake's minor units
    for (const half of halves) {
      const over = type === 'ou' ? (home + away) * 4n - half : (home - away) * 4n + half;
      const margin = bet.selectionId === 'over' || bet.selectionId === 'home' ? over : -over;
      sum += margin > 0n ? bet.stake * bet.odds : margin === 0n ? bet.stake * 1000n : 0n;
    }
    return sum / 2000n;
  }
}
