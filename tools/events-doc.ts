// Writes docs/events.md: every event of the journal with its data, taken from the types, and its meaning, written here.
// Run `node tools/events-doc.ts` after changing src/core/kernel/event.ts or an `...Events` it extends; a test compares the file with the types.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventType } from '#core/kernel/event.ts';

interface Meaning {
  readonly says: string;
  /** The money it moves, from -> to. */
  readonly moves?: string;
}

/** The compiler asks for an entry per event, and refuses one for an event that is gone. */
const MEANINGS: Readonly<Record<EventType, Meaning>> = {
  LedgerOpened: { says: 'A ledger begins: one currency, play or real, for as long as it lives.' },
  FundsIssued: {
    says: 'Play money is made for a holder; the first time, this also opens the wallet of a person.',
    moves: '`issuance` -> `player:H:available`',
  },
  FundsReclaimed: { says: 'Play money is taken back out of circulation.', moves: '`player:H:available` -> `issuance`' },
  TransferSent: {
    says: 'Money of a holder is on its way to another ledger. The transfer has the 26 characters of its command.',
    moves: '`player:H:available` -> `transit:L`',
  },
  TransferReceived: {
    says: "Money of another ledger arrived; it opens the sender's own wallet where he has none.",
    moves: '`transit:L` -> `player:H:available`',
  },
  TransferConfirmed: { says: 'The sending ledger knows that the other one has the money.' },
  TransferReturned: {
    says: 'The other ledger refused the money for good, with the reason code; the sender has it again.',
    moves: '`transit:L` -> `player:H:available`',
  },
  BotBorn: { says: 'A bot with this DNA gets a wallet of its own, owned by a person.' },
  BotPaused: { says: 'The bot may place no bets until it is resumed.' },
  BotResumed: { says: 'A paused bot may bet again.' },
  BotRetired: { says: 'The bot never bets again; its open bets are still settled.' },
  MarketOpened: { says: 'Bets may be placed on a market of a fixture; pre-match prices are not executable from `startAt` on.' },
  MarketSuspended: {
    says: 'No bets for now. Pending in-play bets on it will be rejected, even if it reopens before their release.',
  },
  MarketReopened: { says: 'A suspended market takes bets again.' },
  MarketClosed: { says: 'No more bets, for good. Reason `undecided`: the result did not decide it and a person must.' },
  MarketResulted: { says: 'The result of a fixture, as one source tells it; the markets it decides are declared right after.' },
  SettlementStarted: {
    says: 'A market is declared once: per selection the share won and the share of the stake returned. The bets are paid by timer, in chunks.',
  },
  BetsSettled: {
    says: 'At most 250 bets are settled, each with what it returns.',
    moves:
      'stake back: `player:H:held` -> `player:H:available`; stake lost: `player:H:held` -> `house:main`; winnings: `house:main` -> `player:H:available`',
  },
  SettlementFinished: { says: 'The last bet of a market is paid; totals over all its chunks.' },
  MarketArchived: { says: 'The correction window is over: the market leaves memory.' },
  BetPlaced: {
    says: 'A bet is accepted, or in play waits for its delay (`pending`); it embeds the price it took and how old that was.',
    moves: '`player:H:available` -> `player:H:held`',
  },
  BetAccepted: { says: 'A pending bet stands, at the price it was placed at, judged on the quote at its release.' },
  BetRejected: { says: 'A pending bet is not taken, with the reason code.', moves: '`player:H:held` -> `player:H:available`' },
  CashOutRequested: { says: 'An in-play cash-out waits for the bet delay and will be judged again at its end.' },
  BetCashedOut: {
    says: 'A bet, or part of its stake, was given up for the amount offered; what remains goes on at the same odds. Of several legs every line gives up the same.',
    moves:
      'stake back: `player:H:held` -> `player:H:available`; the rest of the stake given up: `player:H:held` -> `house:main`; what is gained: `house:main` -> `player:H:available`',
  },
  CashOutRejected: { says: 'A cash-out that waited is not made, with the reason code; the bet goes on as it was.' },
  ConfirmationSet: {
    says: 'From now on bets in this market, at prices of this source or in the whole ledger need the answer of the supplier, or do not any more.',
  },
  BetReferred: {
    says: 'A pending bet waits for the answer of who is named, until `dueAt`. In play its delay is over by then. It is published as `bet_placed` when the supplier is asked.',
  },
  AnswerFlagged: {
    says: 'An answer about a bet came too late, or said something else than the one that counted. It changes no money; a person should look.',
  },
  BetVoided: { says: 'An operator gives the stake of an open bet back.', moves: '`player:H:held` -> `player:H:available`' },
  EachWayPlaced: {
    says: 'Two equal bets in one, on the win and on a place at a part of the winnings: accepted, rejected, voided and settled by the events of a single.',
    moves: '`player:H:available` -> `player:H:held`: both stakes',
  },
  RunnerWithdrawn: {
    says: 'A participant takes no part: bets on it are voided by timer, bets struck before on others lose this share of their winnings (Rule 4).',
  },
  VoidingStarted: { says: 'An operator takes bets of a market back; those meant are voided by timer, in chunks.' },
  BetsVoided: {
    says: 'At most 250 bets give their stakes back.',
    moves: '`player:H:held` -> `player:H:available`',
  },
  MultiplePlaced: {
    says: 'A bet of several legs is accepted, or waits for the longest delay of its legs (`pending`). `lines` is how many bets it is; the stake of all is held.',
    moves: '`player:H:available` -> `player:H:held`',
  },
  MultipleAccepted: { says: 'A pending bet of several legs stands, each leg judged on the quote at its release.' },
  MultipleRejected: {
    says: 'A pending bet of several legs is not taken, with the reason code of the first leg that does not serve.',
    moves: '`player:H:held` -> `player:H:available`',
  },
  MultipleVoided: {
    says: 'An operator gives the stake of an open bet of several legs back.',
    moves: '`player:H:held` -> `player:H:available`',
  },
  LegsDecided: { says: 'At most 250 legs of a declared market, each with the share won and the share of the stake returned.' },
  MultiplesSettled: {
    says: 'Bets of several legs whose last leg was just decided, or of which no line can return anything any more, each with what it returns.',
    moves:
      'stake back: `player:H:held` -> `player:H:available`; stake lost: `player:H:held` -> `house:main`; winnings: `house:main` -> `player:H:available`',
  },
  LegsReopened: {
    says: 'A correction takes the outcomes of at most 1,000 legs of a market back: they are open until it is settled anew.',
  },
  MultiplesReopened: {
    says: 'What these bets of several legs had returned because of reopened legs is taken back; they are open again.',
    moves: 'MultiplesSettled mirrored',
  },
  LegsForgotten: {
    says: 'The correction window of a market is over: so many of its legs keep only their outcome, and settled bets without any other leave memory.',
  },
  MarketCombinableSet: { says: 'Selections of a market may be legs of new bets, or may not.' },
  ExchangeOpened: { says: 'A market gets an exchange with these terms: ladder, least stake, commission and rules.' },
  MarketTurnedInPlay: {
    says: 'The off: from here new orders wait for the delay. `startingPrices` declares the price of each selection that orders take one of, and what is matched at it of orders that take it and of limit orders, backs and lays; a timer gives each order its part (StartingPriceMade), then what was set to lapse lapses. Until that is done no order is taken, changed or cancelled.',
  },
  OrderPlaced: {
    says: 'An order is in the book of its selection, or waits for the starting price or, with `releaseAt`, for the end of its delay.',
    moves: '`player:H:available` -> `player:H:held`: what the worst result of the market costs the holder more than before',
  },
  OrderReleased: { says: 'The delay of an in-play order is over and the market is as it was: it enters the book.' },
  OrdersMatched: {
    says: 'An order met resting ones, at most 1,000 in one event: stakes at the price of the resting order.',
    moves:
      'per holder, as the exposure moves: `player:H:held` <-> `market:M:escrow` for what is matched; back to `player:H:available` what is no longer at stake',
  },
  OrdersReduced: {
    says: 'Orders, or parts of them, are unmatched for good: cancelled, replaced, lapsed or killed.',
    moves: '`player:H:held` -> `player:H:available`',
  },
  StartingPriceMade: {
    says: 'At most 500 orders at the starting price of a selection: what each order that takes it got, with which it ends, or limit orders that it suited, which keep their rest. `done` with the last of the selection. In journals of before, the declaration and all of this were one decision.',
    moves: 'as OrdersMatched',
  },
  MatchedBetsReduced: {
    says: 'The exchange follows a withdrawal: what these holders, at most 250, had matched on the runner is void, on the others its price is reduced. `done` with the last of them.',
    moves: '`player:H:held`, `player:H:available` <-> `market:M:escrow`, as exposures are now',
  },
  NetBetsReversed: {
    says: 'The settlement of net bets is taken back before a correction, from the last one paid. `next` is how many stay paid.',
    moves: '`player:H:available`, `fees:commission`, `rounding` -> `market:M:escrow`',
  },
  NetBetsSettled: {
    says: 'At most 1,000 holders of a declared market are settled: what each won or lost over all matched orders, after commission, rounded once.',
    moves: '`market:M:escrow` -> `player:H:available`',
  },
  CommissionCharged: {
    says: 'The commission on the net winnings of these holders.',
    moves: '`market:M:escrow` -> `fees:commission`',
  },
  ExchangeSettled: {
    says: 'The last holder of a market is settled; the escrow is empty.',
    moves: '`market:M:escrow` -> `rounding`: what the roundings left',
  },
  ScopeSuspended: {
    says: 'A sport, a competition or everything (`*`) takes no bets: its open markets are suspended by the events that follow, later ones as they open.',
  },
  ScopeReopened: {
    says: 'The scope takes bets again, but for markets that were suspended for themselves or lie in another suspended scope.',
  },
  MarketLimitsSet: {
    says: 'Limits for each market under a target, minor units; null takes one away. The narrowest target that says something counts.',
  },
  BettorFactorSet: { says: "A person's largest bet, as a share of what the market allows (ppm); 0: none." },
  LimitsChanged: { says: 'Limits of the ledger get new values; those not named stay.' },
  ExclusionSet: {
    says: 'A person may not bet until then, with any bot either; 0 lifts it. With `self` he set it himself, and nobody makes it shorter.',
  },
  PlayLimitSet: {
    says: 'A limit of a person binds from now on, set by himself or an operator; null: there is none any more. What waited is void.',
  },
  PlayLimitWaits: { says: 'A limit is to be raised or removed at `dueAt`, unless somebody thinks better of it.' },
  PricingSet: {
    says: 'The house prices a market by this rule from now on; null: others do again. Prices are no events: they follow from it and the bets.',
  },
  PlayLimitKept: { says: 'A loosening that waited is taken back.' },
  BansFollowed: { says: 'Another ledger is told from now on who is barred; only the home ledger says so.' },
  BansTaken: {
    says: 'The ledger knows these bans, each as [person, excluded until, by himself until, cool-off until], and all before.',
  },
  BansTold: { says: 'Home knows how far that ledger was told.' },
  CoolOffSet: { says: 'A person may not bet until then, with any bot either; nobody lifts it.' },
  RiskHalted: { says: 'A switch stops all bets, all bots or all trading.' },
  RiskResumed: { says: 'The switch is released.' },
  DisputeOpened: { says: 'A bettor says that an own bet was settled wrongly; the evidence is kept elsewhere, under its hash.' },
  DisputeReviewed: { says: 'An operator took a dispute up.' },
  DisputeDecided: {
    says: 'A dispute ends: upheld, with a payment or the correction that follows; rejected; or `expired` because nobody answered in time.',
    moves: 'goodwill: `house:main` -> `player:H:available`',
  },
  FixturePostponed: {
    says: 'A fixture is not played as planned: its undecided markets are void at `until`, unless a result comes first.',
  },
  PostponementEnded: { says: 'A postponed fixture is played after all, or the time to wait for it is over.' },
  SettlementRulesSet: {
    says: 'How a sport, a competition or everything (`*`) settles what was not played to its end, from now on; null takes a rule away.',
  },
  ResultRuleSet: {
    says: 'Who decides results in this ledger: these sources, best first (none: any, the first to speak), when so many agree. From here on paid bets are kept for corrections.',
  },
  ResultReported: { says: 'The word of one source; the rule says whether it decides. `by` is the operator who spoke.' },
  ResultConflicted: { says: 'Sources that say otherwise than what counts, for a person to look at: each as [market, source].' },
  SettlementOrdered: { says: 'An operator settles a market by hand; no source decides it any more.' },
  CorrectionStarted: {
    says: 'The settlement of a market is taken back by timer, in chunks; then it is declared again, or with `outcomes` null stays closed.',
  },
  SettlementReversed: {
    says: 'At most 250 bets are open again: each posting is the mirror of the one that paid.',
    moves:
      '`player:H:available` -> `player:H:held`: stake that was back; `house:main` -> `player:H:held`: stake that was lost; `player:H:available` -> `house:main`: winnings',
  },
  SettlementProposed: { says: 'A settlement or correction that moves more than one person may move waits for a second one.' },
  SettlementApproved: { says: 'Another operator than the one who proposed it agreed; it is done right after.' },
  ProposalClosed: { says: 'A proposal ends undone: rejected, `expired`, or `replaced` by another.' },
  DebtRecorded: {
    says: 'What is taken back was spent already: it is owed from here on.',
    moves: '`player:H:debt` -> `player:H:available`',
  },
  MarketRecalled: {
    says: 'A settled market that had left memory is back for another correction window, as the journal says it was. No money moves.',
  },
  BetsRecalled: { says: 'Its paid bets, up to 1,000 an event.' },
  DebtRecovered: {
    says: 'What came to a holder in debt repays it first.',
    moves: '`player:H:available` -> `player:H:debt`',
  },
  PoolOpened: {
    says: 'A pool begins: its rules for as long as it lives, and what it is on. Starts are those of the fixtures’ markets unless an operator said otherwise.',
    moves: 'what an earlier pool carried: `pool:OLD:carry` -> `pool:P:escrow`',
  },
  PoolEntered: {
    says: 'An entry with its stake; with a selection in a parimutuel pool. It has the 26 characters of its command.',
    moves: '`player:H:available` -> `pool:P:escrow`',
  },
  PoolLeft: { says: 'An entry is gone before the lock, its stake is back.', moves: '`pool:P:escrow` -> `player:H:available`' },
  PicksSet: { says: 'Picks of an entry, in place of those it had for the same fixtures. Others see them when they are locked.' },
  PoolInvited: { says: 'An invitation to a pool: the sha256 of its token, how often it may be used and until when.' },
  PoolInvitationRevoked: { says: 'An invitation is good no more; who came by it stays.' },
  PoolLocked: { says: 'No more entries. Of a parimutuel pool this also fixes what the dividends are made of.' },
  FixtureScored: { says: 'A running score of a fixture that a prediction pool follows: points count with it until the next.' },
  PoolScored: { says: 'The points of at most 2,000 entries change by these numbers, because a fixture has this score.' },
  PoolScratched: { says: 'A runner is out: what stands on it goes back when the pool is declared.' },
  PoolResulted: { says: 'An operator said who finished where; those of one place tied.' },
  PoolDeclared: {
    says: 'A pool is declared once: what was staked, taken, paid for a unit or for points, and where each minor unit goes that is left.',
    moves:
      'take-out: `pool:P:escrow` -> `fees:pool`; fee: `pool:P:escrow` -> creator; breakage: `pool:P:escrow` -> `house:main`; carried: `pool:P:escrow` -> `pool:P:carry`; odd cents: `pool:P:escrow` -> `rounding`; what the minimum dividend lacks: `house:main` -> `pool:P:escrow`',
  },
  PoolPaid: { says: 'At most 1,000 entries are paid.', moves: '`pool:P:escrow` -> `player:H:available`' },
  PoolClosed: { says: 'The last entry is paid and the escrow is empty; totals over all chunks.' },
  PoolReversing: {
    says: 'The result that a paid pool was declared by is another now: it begins to be taken back, or the house will pay differences.',
  },
  PoolReclaimed: {
    says: 'What at most 1,000 entries were paid is taken back; what is spent was recorded as debt just before.',
    moves: '`player:H:available` -> `pool:P:escrow`',
  },
  PoolReversed: {
    says: 'All is taken back, fees and breakage too: the pool is declared again by the result that counts now.',
    moves: 'the postings of `PoolDeclared`, the other way round',
  },
  PoolUncorrected: { says: 'A corrected result came too late, or money of the pool is gone elsewhere: it stays as it was paid.' },
  PoolArchived: { says: 'The correction window is over: the pool leaves memory.' },
  EpochStarted: { says: 'A writer took the shard; its lease has this number.' },
  TimerDropped: { says: 'A timer came due and found nothing to do.' },
  CommandRefused: { says: 'A command was refused, with its reason; sent again under the same key it gets the same answer.' },
  CommandQuarantined: { says: 'Deciding a command failed by a fault of ours: its events were discarded and the writer went on.' },
};

interface EventShape {
  readonly name: string;
  readonly data: string;
  readonly note: string;
}

const HEAD = `# Events

Every fact that a journal can hold. Generated from \`src/core/kernel/event.ts\` and what it extends by \`node tools/events-doc.ts\`; do not edit.

Each event also carries \`seq\`, \`at\` (ms, the writer's clock), \`commandId\` (what caused it), \`ledgerId\`, \`type\`, \`v\` (version) and, where money
moves, \`postings\`. Stored bytes are never rewritten: older versions are upcast on read. Data holds opaque ids and stated amounts in minor units.
\`H\` stands for the holder of a wallet, \`L\` for the other ledger.
`;

/** The source text of event.ts, and of the files whose `...Events` its data extends. */
export function eventSource(root: string): string {
  const kernel = join(root, 'src/core/kernel');
  const source = readFileSync(join(kernel, 'event.ts'), 'utf8');
  const files = [...source.matchAll(/^import type \{[^}]*Events\b[^}]*\} from '(.+?)';$/gm)].map(([, file = '']) => file);
  return [source, ...files.map((file) => readFileSync(join(kernel, file), 'utf8'))].join('\n');
}

/** The document for that source text. */
export function eventsDoc(source: string): string {
  const version = /EVENT_VERSION = (\d+)/.exec(source)?.[1];
  const shapes = readShapes(source);
  if (version === undefined || shapes.length !== Object.keys(MEANINGS).length)
    throw new Error('event.ts no longer looks as events-doc.ts expects');
  const sections = shapes.map(({ name, data, note }) => {
    const { says, moves } = MEANINGS[name as EventType];
    return [
      `## ${name}`,
      says,
      ...(note ? [note] : []),
      ...(moves ? [`Money: ${moves}.`] : []),
      `\`\`\`ts\n${data}\n\`\`\``,
    ].join('\n\n');
  });
  return `${HEAD}\nCurrent version of all events: ${version}.\n\n${sections.join('\n\n')}\n`;
}

/** The members of `interface EventData` and of every `...Events`: name, type as written without its indentation, and the comment above. */
export function readShapes(source: string): EventShape[] {
  const interfaces = source.matchAll(/^export interface (?:EventData|\w+Events)(?:\s+extends\s+[\w,\s]+?)? \{([\s\S]*?)\n\}/gm);
  return [...interfaces].flatMap(([, body = '']) => shapesOf(body));
}

function shapesOf(body: string): EventShape[] {
  const members = body.matchAll(/^ {2}(?:\/\*\* (.+?) \*\/\n {2})?(\w+): (\{[\s\S]*?\});$(?=\n {2}\S|(?![\s\S]))/gm);
  return [...members].map(([, note = '', name = '', data = '']) => ({ name, note, data: data.replaceAll('\n  ', '\n') }));
}

if (process.argv[1] === import.meta.filename) {
  const root = join(import.meta.dirname, '..');
  writeFileSync(join(root, 'docs', 'events.md'), eventsDoc(eventSource(root)));
}
