// Commands of every kind, as they could be asked of the ledger as it stands. Most make sense; what does not is refused.
import { pickOne, randomInt } from '#core/base/rng.ts';
import { FIXTURES, winnerOf } from '#core/bets/multiples/multiples-for-tests.ts';
import { stakeOf } from '#core/bets/multiples/multiple-exposure.ts';
import { legsOf, SYSTEMS } from '#core/bets/multiples/systems.ts';
import { RACE } from '#core/bets/runners/race-for-tests.ts';
import { ODDS_POLICIES } from '#core/bets/odds-policy.ts';
import { DISPUTE_REASONS } from '#core/disputes/dispute-commands.ts';
import { ORDER_KINDS, PERSISTENCES, SIDES } from '#core/exchange/book/orders.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { marketOf } from '#core/kernel/state.ts';
import { ANA, BEA, BOT, DNA_HASH, goals, idOf, resultOf, TENANT } from '#core/kernel/world-for-tests.ts';
import { PLAY_KINDS } from '#core/play/play-commands.ts';
import {
  PEOPLE,
  HOLDERS,
  OPERATORS,
  FIXTURE_COUNT,
  EVENTS,
  MARKETS,
  type Maker,
  byOperator,
  byHolder,
  nameOf,
  idsOf,
  some,
  DAY_STAKE_MAX,
  outcomesFor,
  actorOf,
} from './cast.ts';
import { raceBetMaker, raceCashOutMaker, raceChangeMaker } from './race-makers.ts';
import { openPoolMaker, enterPoolMaker, changePoolMaker } from './pool-makers.ts';

const SOURCES = ['test', 'other'] as const;

/** Each with its weight; `rare` are those that shut people or markets out: they are not in most histories. */
export const MAKERS: readonly (readonly [weight: number, make: Maker, rare?: boolean])[] = [
  [
    14,
    (world, rng) => {
      const marketId = pickOne(rng, MARKETS);
      const holder = pickOne(rng, HOLDERS);
      const selectionId = pickOne(rng, marketOf(world.ledger, marketId)?.selections ?? ['home']);
      return byHolder(
        {
          type: 'PlaceBet',
          betId: nameOf('bet', world),
          holder,
          legs: [{ marketId, selectionId }],
          stakeMinor: randomInt(rng, 1, rng() < 0.3 ? 8_000 : 900),
          minOddsMilli: 1_001,
          quoteSeq: 1,
          ...(rng() < 0.3 ? { oddsPolicy: pickOne(rng, ODDS_POLICIES) } : {}),
        },
        holder,
        rng,
      );
    },
  ],
  [
    12,
    (world, rng) => {
      const holder = pickOne(rng, HOLDERS);
      const system = pickOne(rng, rng() < 0.7 ? (['accumulator', 'double', 'patent', 'trixie', 'treble'] as const) : SYSTEMS);
      const [least, most] = legsOf(system);
      const count = randomInt(rng, least, Math.min(most, 6));
      const fixtures = [0, 1, 2, 3, 4, 5].sort(() => rng() - 0.5).slice(0, Math.max(count, 2));
      const legs = fixtures.map((i) => {
        const marketId = i < FIXTURE_COUNT ? pickOne(rng, MARKETS.slice(i * 3, i * 3 + 3)) : winnerOf(i);
        const selectionId = pickOne(rng, marketOf(world.ledger, marketId)?.selections ?? ['home']);
        return { marketId, selectionId, minOddsMilli: 1_001, quoteSeq: 1 };
      });
      const cmd = { type: 'PlaceMultiple', betId: nameOf('bet', world), holder, system, legs } as const;
      return byHolder(
        { ...cmd, stakePerLineMinor: randomInt(rng, 1, 300), oddsPolicy: pickOne(rng, ODDS_POLICIES) },
        holder,
        rng,
      );
    },
  ],
  [
    14,
    (world, rng) => {
      const holder = pickOne(rng, HOLDERS);
      const kind = rng() < 0.7 ? 'limit' : pickOne(rng, ORDER_KINDS);
      return byHolder(
        {
          type: 'PlaceOrder',
          orderId: nameOf('ord', world),
          holder,
          marketId: winnerOf(randomInt(rng, 0, FIXTURE_COUNT - 1)),
          selectionId: pickOne(rng, ['home', 'draw', 'away']),
          side: pickOne(rng, SIDES),
          kind,
          priceMilli: kind === 'market-on-close' ? null : pickOne(rng, [1_500, 2_000, 2_020, 3_000]),
          sizeMinor: randomInt(rng, 100, 1_500),
          persistence: pickOne(rng, PERSISTENCES),
          timeInForce: kind === 'limit' && rng() < 0.15 ? 'fill-or-kill' : 'rest',
        },
        holder,
        rng,
      );
    },
  ],
  [
    5,
    (world, rng) => {
      const placed = some(rng, world.events.filter((e) => e.type === 'OrderPlaced') as NewEvent<'OrderPlaced'>[]);
      if (!placed) return null;
      const { holder, orderId } = placed.data;
      if (rng() < 0.5) {
        const newOrderId = nameOf('ord', world);
        return byHolder(
          { type: 'ReplaceOrder', orderId, newOrderId, priceMilli: pickOne(rng, [1_500, 2_000, 3_000]) },
          holder,
          rng,
        );
      }
      return byHolder(
        { type: 'CancelOrder', orderId, ...(rng() < 0.4 ? { sizeMinor: randomInt(rng, 1, 900) } : {}) },
        holder,
        rng,
      );
    },
  ],
  [
    9,
    (world, rng) => {
      const source = rng() < 0.1 ? 'operator' : pickOne(rng, SOURCES);
      const status =
        rng() < 0.8 ? 'finished' : pickOne(rng, ['live', 'cancelled', 'abandoned', 'postponed', 'walkover'] as const);
      const result = resultOf({
        eventId: pickOne(rng, FIXTURES),
        source,
        status,
        version: world.asked.length + 1,
        scores: [goals(randomInt(rng, 0, 2), randomInt(rng, 0, 2))],
        ...(rng() < 0.1 ? { completedPeriods: ['h1'] } : {}),
      });
      return { cmd: { type: 'RecordResult', result }, via: source === 'operator' ? 'operator' : 'feed', who: {} };
    },
  ],
  [
    6,
    (world, rng) => {
      const marketId = pickOne(rng, MARKETS);
      const outcomes = outcomesFor(world, marketId, rng);
      return byOperator({ type: 'SettleMarket', marketId, outcomes, reason: 'by_hand' }, pickOne(rng, OPERATORS));
    },
    true,
  ],
  [
    3,
    (world, rng) => {
      const proposal = some(rng, [...world.ledger.corrections.proposals.values()]);
      if (!proposal) return null;
      const { previewHash, proposalId } = proposal;
      if (rng() < 0.2) return byOperator({ type: 'RejectSettlement', proposalId, reason: 'x' }, pickOne(rng, OPERATORS));
      return byOperator({ type: 'ApproveSettlement', proposalId, previewHash }, pickOne(rng, OPERATORS));
    },
  ],
  [
    4,
    (world, rng) => {
      const paid = some(rng, world.events.filter((e) => e.type === 'BetsSettled') as NewEvent<'BetsSettled'>[]);
      const bet = paid && some(rng, paid.data.bets);
      if (!paid || !bet) return null;
      const { marketId } = paid.data;
      const cmd = { type: 'OpenDispute', betId: bet[0], marketId, reason: pickOne(rng, DISPUTE_REASONS) } as const;
      return byHolder({ ...cmd, evidenceHash: 'b'.repeat(64) }, bet[1], rng);
    },
  ],
  [
    4,
    (world, rng) => {
      const opened = some(rng, world.events.filter((e) => e.type === 'DisputeOpened') as NewEvent<'DisputeOpened'>[]);
      if (!opened) return null;
      const { disputeId } = opened.data;
      if (rng() < 0.4) return byOperator({ type: 'ReviewDispute', disputeId });
      const marketId = pickOne(rng, MARKETS);
      const how = rng();
      const outcomes = outcomesFor(world, marketId, rng) ?? {};
      if (how < 0.3) return byOperator({ type: 'DecideDispute', disputeId, decision: 'rejected', reason: 'x' });
      if (how < 0.6)
        return byOperator({
          type: 'DecideDispute',
          disputeId,
          decision: 'upheld',
          reason: 'x',
          goodwillMinor: randomInt(rng, 1, 50),
        });
      return byOperator({ type: 'DecideDispute', disputeId, decision: 'upheld', reason: 'x', outcomes });
    },
  ],
  [
    3,
    (world, rng) => {
      const scope = pickOne(rng, ['market', 'source', 'ledger'] as const);
      const target = scope === 'market' ? pickOne(rng, MARKETS) : scope === 'source' ? 'test' : world.ledger.ledgerId;
      return byOperator({ type: 'SetConfirmation', scope, target, confirmation: rng() < 0.6 ? 'supplier' : 'none' });
    },
    true,
  ],
  [
    5,
    (world, rng) => {
      const ids =
        rng() < 0.9
          ? [...world.ledger.referrals.waiting()].map(({ betId }) => betId)
          : idsOf(world, 'BetPlaced', (e) => e.data.betId);
      const betId = some(rng, ids);
      if (!betId) return null;
      const cmd = rng() < 0.6 ? ({ type: 'ConfirmBet' } as const) : ({ type: 'RejectBet', reason: 'no' } as const);
      return { cmd: { ...cmd, betId, answeredAt: world.now }, via: 'worker', who: {} };
    },
  ],
  [
    6,
    (_, rng) => {
      const market = pickOne(rng, MARKETS);
      const target = pickOne(rng, [market, market, pickOne(rng, EVENTS), 'fb:E0', 'fb', '*']);
      const type = pickOne(rng, ['SuspendMarket', 'ReopenMarket', 'ReopenMarket', 'ReopenMarket', 'CloseMarket'] as const);
      return byOperator({ type, target: type === 'CloseMarket' ? market : target, reason: 'x' });
    },
    true,
  ],
  [
    2,
    (_, rng) =>
      byOperator({
        type: 'TurnInPlay',
        marketId: winnerOf(randomInt(rng, 0, FIXTURE_COUNT - 1)),
        betDelayMs: pickOne(rng, [0, 5_000]),
      }),
    true,
  ],
  [
    3,
    (_, rng) => {
      const target = pickOne(rng, [pickOne(rng, MARKETS), pickOne(rng, EVENTS), 'fb', '*']);
      const value = (): number | null => (rng() < 0.5 ? null : pickOne(rng, [100, 1_000, 20_000, 1_000_000]));
      const limits = pickOne(rng, [
        { ownerStakeMaxMinor: value() },
        { stakeMaxMinor: value() },
        { stakesMaxMinor: value() },
        { lossMaxMinor: value(), payoutMaxMinor: value() },
      ]);
      return byOperator({ type: 'SetMarketLimits', target, limits });
    },
    true,
  ],
  [
    2,
    (_, rng) =>
      byOperator({
        type: 'SetBettorFactor',
        ownerId: pickOne(rng, PEOPLE),
        factorPpm: pickOne(rng, [0, 500_000, 1_000_000, 1_000_000, 1_000_000]),
      }),
    true,
  ],
  [
    3,
    (_, rng) =>
      byOperator({
        type: 'SetLimits',
        limits: pickOne(rng, [
          { approvalAboveMinor: pickOne(rng, [0, 500, 2 ** 40]) },
          { correctionWindowMs: pickOne(rng, [0, 5_000, 3_600_000, 172_800_000]) },
          { ownerDayStakeMaxMinor: pickOne(rng, [DAY_STAKE_MAX, 2 ** 50]) },
          { openBetsMax: pickOne(rng, [3, 1_000]) },
          { reviewAboveMinor: pickOne(rng, [300, 2 ** 50]) },
          { openOrdersMax: pickOne(rng, [2, 1_000]) },
          { houseCapitalMinor: pickOne(rng, [0, 10_000, 10_000_000_000]) },
        ]),
      }),
    true,
  ],
  [
    3,
    (_, rng) => {
      const ownerId = pickOne(rng, PEOPLE);
      const via = rng() < 0.7 ? ('api' as const) : ('operator' as const);
      const who = via === 'api' ? { ownerId } : { ownerId: OPERATORS[0] };
      const name = { kind: pickOne(rng, PLAY_KINDS), period: pickOne(rng, ['day', 'week', 'month'] as const), ownerId };
      const value = rng() < 0.3 ? null : pickOne(rng, [100, 1_000, 10_000]);
      return { cmd: rng() < 0.8 ? { type: 'SetPlayLimit', ...name, value } : { type: 'KeepPlayLimit', ...name }, via, who };
    },
    true,
  ],
  [
    1,
    (_, rng) => {
      const ownerId = pickOne(rng, PEOPLE);
      const cmd =
        rng() < 0.7 ? ({ type: 'CoolOff', ownerId, hours: 24 } as const) : ({ type: 'SelfExclude', ownerId, days: 184 } as const);
      return { cmd, via: 'api', who: { ownerId } };
    },
    true,
  ],
  [
    2,
    (world, rng) =>
      byOperator({ type: 'SetExclusion', ownerId: pickOne(rng, PEOPLE), until: rng() < 0.6 ? 0 : world.now + 60_000 }),
    true,
  ],
  [
    3,
    (_, rng) =>
      byOperator({ type: rng() < 0.35 ? 'Halt' : 'Resume', scope: pickOne(rng, ['bets', 'bots'] as const), reason: 'x' }),
    true,
  ],
  [
    3,
    (_, rng) => {
      const holder = pickOne(rng, HOLDERS);
      return byOperator({
        type: 'IssueFunds',
        holder,
        ownerId: holder === BOT ? ANA : holder,
        tenantId: TENANT,
        amountMinor: randomInt(rng, 1, 5_000),
      });
    },
  ],
  [
    4,
    (world, rng) => {
      const holder = pickOne(rng, HOLDERS);
      const amountMinor = Math.max(1, Math.floor(world.available(holder) * pickOne(rng, [0.3, 1])));
      if (rng() < 0.5) return byOperator({ type: 'ReclaimFunds', holder, amountMinor });
      return byHolder(
        { type: 'SendTransfer', holder, toLedger: 'other', toHolder: holder, amountMinor, currency: 'PLAY' },
        holder,
        rng,
      );
    },
  ],
  [
    3,
    (world, rng) => {
      if (rng() < 0.4) {
        const holder = pickOne(rng, HOLDERS);
        const who = { ownerId: holder === BOT ? ANA : holder, tenantId: TENANT };
        const amountMinor = randomInt(rng, 1, 900);
        const transferId = idOf('trf' as 'bet', `whole ${randomInt(rng, 0, 50)}`);
        const cmd = { type: 'ReceiveTransfer', transferId, fromLedger: 'other', fromHolder: holder, holder, ...who } as const;
        return { cmd: { ...cmd, amountMinor, currency: 'PLAY', sentAt: world.now }, via: 'worker', who: {} };
      }
      const transferId = some(
        rng,
        idsOf(world, 'TransferSent', (e) => e.data.transferId),
      );
      if (!transferId) return null;
      return {
        cmd: rng() < 0.5 ? { type: 'ConfirmTransfer', transferId } : { type: 'ReturnTransfer', transferId, reason: 'x' },
        via: 'worker',
        who: {},
      };
    },
  ],
  [
    2,
    (world, rng) => {
      if (rng() < 0.1)
        return {
          cmd: { type: 'BirthBot', botId: nameOf('bot', world), ownerId: BEA, tenantId: TENANT, dnaHash: DNA_HASH },
          via: 'worker',
          who: {},
        };
      return byOperator({ type: pickOne(rng, ['PauseBot', 'ResumeBot', 'ResumeBot'] as const), botId: BOT, reason: 'x' });
    },
    true,
  ],
  [
    3,
    (world, rng) => {
      const ids = [...idsOf(world, 'BetPlaced', (e) => e.data.betId), ...idsOf(world, 'MultiplePlaced', (e) => e.data.betId)];
      const betId = some(rng, ids);
      return betId ? byOperator({ type: 'VoidBet', betId, reason: 'x' }) : null;
    },
  ],
  [
    4,
    (world, rng) => {
      const ids = [...world.ledger.referrals.waiting()].map(({ betId }) => betId);
      const betId = some(rng, rng() < 0.9 ? ids : idsOf(world, 'BetReferred', (e) => e.data.betId));
      if (!betId) return null;
      return byOperator({ type: 'ReviewBet', betId, decision: rng() < 0.6 ? 'accept' : 'reject', reason: 'x' });
    },
  ],
  [2, (_, rng) => byOperator({ type: 'SetCombinable', marketId: pickOne(rng, MARKETS), combinable: rng() < 0.7 })],
  [
    4,
    (world, rng) => {
      const marketId = pickOne(rng, [...MARKETS, RACE]);
      const selectionId = pickOne(rng, marketOf(world.ledger, marketId)?.selections ?? ['home']);
      const wish = pickOne(rng, [
        { selectionId },
        { oddsMilliFrom: 2_000 },
        { placedFrom: world.now - 60_000, placedUntil: world.now },
      ]);
      return byOperator({ type: 'VoidBets', marketId, ...wish, reason: 'palpable' });
    },
    true,
  ],
  [2, (_, rng) => byOperator({ type: 'VoidMarket', marketId: pickOne(rng, [...MARKETS, RACE]), reason: 'x' }), true],
  [
    6,
    (world, rng) => {
      const betId = some(
        rng,
        idsOf(world, 'BetPlaced', (e) => e.data.betId).filter((id) => world.ledger.bets.find(id) >= 0),
      );
      if (!betId) return null;
      const bet = world.ledger.bets.get(world.ledger.bets.find(betId));
      const holder = world.ledger.holders[bet.holder]?.id ?? ANA;
      const stakeMinor = rng() < 0.5 ? bet.stakeMinor : randomInt(rng, 1, bet.stakeMinor);
      const offer = { offerId: idOf('offer', `${world.asked.length}`), quoteSeq: 1, expiresAt: world.now + 60_000 };
      const amountMinor = randomInt(rng, 1, stakeMinor);
      const cmd = { type: 'CashOutBet', betId, holder, ofMinor: bet.stakeMinor, stakeMinor, amountMinor, ...offer } as const;
      return { cmd, via: 'api', who: actorOf(holder) };
    },
  ],
  [
    5,
    (world, rng) => {
      const { multiples } = world.ledger;
      const betId = some(
        rng,
        idsOf(world, 'MultiplePlaced', (e) => e.data.betId).filter((id) => multiples.find(id) >= 0),
      );
      if (!betId) return null;
      const bet = multiples.find(betId);
      const holder = world.ledger.holders[multiples.bets.holder[bet] as number]?.id ?? ANA;
      const perLine = multiples.bets.stakePerLineMinor[bet] as number;
      const ofMinor = stakeOf(multiples, bet);
      const stakeMinor = rng() < 0.5 ? ofMinor : (ofMinor / perLine) * randomInt(rng, 1, perLine);
      const offer = { offerId: idOf('offer', `${world.asked.length}`), quoteSeq: 1, expiresAt: world.now + 60_000 };
      const cmd = { type: 'CashOutBet', betId, holder, ofMinor, stakeMinor, ...offer } as const;
      return { cmd: { ...cmd, amountMinor: randomInt(rng, 1, stakeMinor) }, via: 'api', who: actorOf(holder) };
    },
  ],
  [8, raceBetMaker],
  [4, raceCashOutMaker],
  [3, raceChangeMaker],
  [4, openPoolMaker],
  [9, enterPoolMaker],
  [5, changePoolMaker],
];
