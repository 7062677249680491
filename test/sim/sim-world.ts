// What people, bots, feeds and operators do in the simulation, drawn from one seed: fixtures come, are bet on, are played and paid.
import { deriveId } from '#core/base/ids.ts';
import { commandIdOf } from '#core/bets/bet-id.ts';
import { pickOne, randomInt, type Rng } from '#core/base/rng.ts';
import type { Quote } from '#core/catalog/quote.ts';
import type { Command, HaltScope, Lane, Via } from '#core/kernel/command.ts';
import { encodeEnvelope } from '#engine/envelope.ts';

const TENANT = deriveId('ten', 1, 'sim');
const FIXTURES = 3;
const MARKETS = ['1x2', 'ou@2.25', 'ou@2.5', 'ah@-0.75'];
const SELECTIONS: Record<string, readonly string[]> = {
  '1x2': ['home', 'draw', 'away'],
  ou: ['over', 'under'],
  ah: ['home', 'away'],
};
/** From opening to kick-off, and from there to the end, ms. */
const BEFORE_MS = 20_000;
const PLAY_MS = 15_000;
/** Settled markets are forgotten after this: long enough to be asked about, short enough to be seen in a run, ms. */
const ARCHIVE_MS = 8_000;

export interface Sent {
  readonly commandId: string;
  readonly encoded: string;
  readonly cmd: Command;
  /** What settled it, as text. */
  answer: string | null;
}

interface Fixture {
  readonly eventId: string;
  readonly startAt: number;
}

export class SimWorld {
  readonly quotes = new Map<string, Quote>();
  readonly #rng: Rng;
  readonly #now: () => number;
  readonly #people = Array.from({ length: 6 }, (_, i) => deriveId('usr', 1, `sim person ${i}`));
  readonly #bots = Array.from({ length: 6 }, (_, i) => deriveId('bot', 1, `sim bot ${i}`));
  #fixtures: Fixture[] = [];
  #made = 0;
  #ids = 0;
  readonly #bets: string[] = [];

  constructor(rng: Rng, now: () => number) {
    this.#rng = rng;
    this.#now = now;
  }

  /** The first commands, in the order in which they must be done. */
  opening(): Sent[] {
    const big = 2 ** 45;
    const limits = {
      houseCapitalMinor: big,
      marketLossMaxMinor: big,
      eventLossMaxMinor: big,
      payoutMaxMinor: big,
      correctionWindowMs: ARCHIVE_MS,
      stakeMaxMinor: 60_000,
      openBetsMax: 40,
    };
    const sent = [
      this.#send('worker', 'control', { type: 'OpenLedger', currency: 'PLAY', moneyClass: 'play' }),
      this.#send('operator', 'control', { type: 'SetLimits', limits }),
    ];
    for (const holder of this.#people) sent.push(this.#grant(holder, 400_000));
    this.#bots.forEach((botId, i) => {
      const ownerId = this.#ownerOf(botId);
      sent.push(
        this.#send('operator', 'facts', { type: 'BirthBot', botId, ownerId, tenantId: TENANT, dnaHash: String(i).repeat(64) }),
      );
      sent.push(this.#grant(botId, 200_000));
    });
    return sent;
  }

  /** Feeds first: fixtures that open or end, prices that move. */
  facts(): Sent[] {
    const now = this.#now();
    const sent: Sent[] = [];
    for (const fixture of this.#fixtures) if (now >= fixture.startAt + PLAY_MS) sent.push(this.#result(fixture));
    this.#fixtures = this.#fixtures.filter((fixture) => now < fixture.startAt + PLAY_MS);
    while (this.#fixtures.length < FIXTURES) sent.push(...this.#open());
    for (let i = randomInt(this.#rng, 0, 3); i > 0; i--) this.#reprice();
    return sent;
  }

  /** What holders, operators and mistakes ask for. */
  requests(halted: Iterable<string> = []): Sent[] {
    if (this.quotes.size === 0) return []; // a takeover in the very first step: nothing is priced yet
    const sent = Array.from({ length: randomInt(this.#rng, 0, 7) }, () => this.#bet());
    if (this.#rng() < 0.08) sent.push(this.#control());
    // A switch that stays off for long would leave nothing to simulate.
    for (const scope of halted)
      if (this.#rng() < 0.3)
        sent.push(this.#send('operator', 'control', { type: 'Resume', scope: scope as HaltScope, reason: 'sim' }));
    return sent;
  }

  /** Every price once more, newer than anybody has seen: what waited for one can be decided. `open`: markets that take bets. */
  renew(open: readonly string[]): void {
    const startAt = this.#now() + BEFORE_MS;
    // A fixture whose result came before its opening, out of order, is priced by nobody any more.
    for (const marketId of open)
      if (!this.quotes.has(marketId)) this.quotes.set(marketId, this.#quote(marketId, { eventId: '', startAt }, 1_000));
    for (const [marketId, quote] of this.quotes) {
      this.quotes.set(marketId, { ...quote, quoteSeq: quote.quoteSeq + 2, confirmedAt: this.#now() });
    }
  }

  /** The same key, asking for something else. */
  otherPayload(sent: Sent): string {
    const cmd = { ...sent.cmd, other: this.#ids++ } as unknown as Command;
    return encodeEnvelope({
      commandId: sent.commandId,
      ledgerId: 'main',
      actor: { ownerId: 'x', tenantId: TENANT, via: 'operator' },
      lane: 'people',
      cmd,
    });
  }

  /** A bet whose key is older than keys live. */
  expired(): Sent {
    return this.#send('api', 'people', { type: 'VoidBet', betId: this.#id('bet'), reason: 'old' }, this.#now() - 8 * 86_400_000);
  }

  #bet(): Sent {
    const isBot = this.#rng() < 0.5;
    const holder = pickOne(this.#rng, isBot ? this.#bots : this.#people);
    const markets = [...this.quotes.values()];
    const quote = pickOne(this.#rng, markets);
    const type = (quote.marketId.split('/')[1] as string).split('@')[0] as string;
    const selectionId = pickOne(this.#rng, SELECTIONS[type] as readonly string[]);
    const legs = [{ marketId: quote.marketId, selectionId }];
    const oddsMilli = quote.prices.find((p) => p.selectionId === selectionId)?.oddsMilli ?? 1_500;
    const odd = this.#rng();
    const stakeMinor = odd < 0.02 ? 0.5 : odd < 0.05 ? 70_000 : randomInt(this.#rng, 1, 12_000);
    // One in ten saw a price that this writer has not.
    const quoteSeq = quote.quoteSeq + (this.#rng() < 0.1 ? 1 : 0);
    const minOddsMilli = Math.max(1_001, oddsMilli - randomInt(this.#rng, -50, 200));
    const betId = this.#id('bet');
    this.#bets.push(betId);
    const cmd = { type: 'PlaceBet', betId, holder, legs, stakeMinor, minOddsMilli, quoteSeq } as const;
    return this.#send(
      isBot ? 'bot' : 'api',
      isBot ? 'bots' : 'people',
      cmd,
      undefined,
      this.#rng() < 0.02 ? 'usr_nobody' : this.#ownerOf(holder),
    );
  }

  #control(): Sent {
    const reason = 'sim';
    const target = pickOne(this.#rng, [...this.quotes.keys()]);
    const botId = pickOne(this.#rng, this.#bots);
    const person = pickOne(this.#rng, this.#people);
    const cmd = pickOne<Command>(this.#rng, [
      { type: 'Halt', scope: pickOne(this.#rng, ['bets', 'bots']), reason },
      { type: 'SuspendMarket', target, reason },
      { type: 'ReopenMarket', target, reason },
      { type: 'ReopenMarket', target, reason },
      { type: 'PauseBot', botId, reason },
      { type: 'ResumeBot', botId, reason },
      { type: 'ResumeBot', botId, reason },
      { type: 'ResumeBot', botId, reason },
      { type: 'SetExclusion', ownerId: person, until: this.#now() + 3_000 },
      { type: 'VoidBet', betId: this.#bets.at(-randomInt(this.#rng, 1, 30)) ?? '', reason },
      { type: 'ReclaimFunds', holder: person, amountMinor: randomInt(this.#rng, 1, 5_000) },
      { type: 'IssueFunds', holder: person, ownerId: person, tenantId: TENANT, amountMinor: 20_000 },
    ]);
    return this.#send('operator', 'control', cmd);
  }

  #open(): Sent[] {
    const now = this.#now();
    const eventId = `fb:E0:20260101:h${this.#made}:a${this.#made}`;
    const fixture = { eventId, startAt: now + Math.round(BEFORE_MS * (0.3 + this.#rng())) };
    this.#made++;
    this.#fixtures.push(fixture);
    return MARKETS.map((name) => {
      const marketId = `${eventId}/${name}`;
      this.quotes.set(marketId, this.#quote(marketId, fixture, 1));
      return this.#send('feed', 'facts', { type: 'OpenMarket', marketId, startAt: fixture.startAt });
    });
  }

  #reprice(): void {
    const marketId = pickOne(this.#rng, [...this.quotes.keys()]);
    const fixture = this.#fixtures.find((f) => marketId.startsWith(`${f.eventId}/`));
    if (fixture) this.quotes.set(marketId, this.#quote(marketId, fixture, (this.quotes.get(marketId) as Quote).quoteSeq + 1));
  }

  #quote(marketId: string, fixture: Fixture, quoteSeq: number): Quote {
    const now = this.#now();
    const inPlay = now >= fixture.startAt;
    const type = (marketId.split('/')[1] as string).split('@')[0] as string;
    const prices = (SELECTIONS[type] as readonly string[])
      .map((selectionId) => ({ selectionId, oddsMilli: randomInt(this.#rng, 1_200, 5_000) }))
      .filter(() => this.#rng() > 0.02);
    const status = this.#rng() < 0.05 ? 'suspended' : 'open';
    const times = { observedAt: now, confirmedAt: now };
    return {
      marketId,
      quoteSeq,
      status,
      inPlay,
      ...(inPlay ? { score: { home: 0, away: 0 } } : {}), // level: handicaps in play ask for it, and nothing changes by it
      betDelayMs: inPlay ? randomInt(this.#rng, 0, 3) * 700 : 0,
      prices,
      source: 'sim',
      sourceEpoch: 1,
      sourceVersion: quoteSeq,
      ...times,
    };
  }

  #result({ eventId }: Fixture): Sent {
    for (const marketId of Array.from(this.quotes.keys()))
      if (marketId.startsWith(`${eventId}/`) && this.#rng() < 0.8) this.quotes.delete(marketId);
    const scores = [{ period: 'ft', stat: 'goals', home: randomInt(this.#rng, 0, 4), away: randomInt(this.#rng, 0, 3) }];
    const result = {
      eventId,
      source: 'sim',
      version: 1,
      observedAt: this.#now(),
      status: 'finished',
      completedPeriods: ['ft'],
      scores,
    } as const;
    return this.#send('feed', 'facts', { type: 'RecordResult', result });
  }

  #grant(holder: string, amountMinor: number): Sent {
    return this.#send('operator', 'facts', {
      type: 'IssueFunds',
      holder,
      ownerId: this.#ownerOf(holder),
      tenantId: TENANT,
      amountMinor,
    });
  }

  #ownerOf(holder: string): string {
    return holder.startsWith('usr_') ? holder : (this.#people[this.#bots.indexOf(holder)] as string);
  }

  #id(prefix: 'bet' | 'cmd', at = this.#now()): string {
    return deriveId(prefix, at, `sim ${this.#ids++}`);
  }

  // oxlint-disable-next-line max-params -- the last two are for the rare cases
  #send(via: Via, lane: Lane, cmd: Command, at?: number, ownerId = 'sim'): Sent {
    const commandId = cmd.type === 'PlaceBet' ? commandIdOf(cmd.betId) : this.#id('cmd', at);
    const encoded = encodeEnvelope({ commandId, ledgerId: 'main', actor: { ownerId, tenantId: TENANT, via }, lane, cmd });
    return { commandId, encoded, cmd, answer: null };
  }
}
