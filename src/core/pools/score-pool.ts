// Locks a pool and counts its points, fixture by fixture and chunk by chunk, as running and final scores arrive.
import { assert } from '../base/assert.ts';
import { type Decision, event, type NewEvent } from '../kernel/event.ts';
import type { LedgerState } from '../kernel/state.ts';
import { countsOf } from '../settlement/corrections/report-result.ts';
import { factorOf, type Goals, pointsOf } from './arithmetic/points.ts';
import { type Cause, declare, declareRefund } from './declare-pool.ts';
import type { Pool, PoolFixture } from './state/pool.ts';
import { isDecided, needsScoring, voidReason, wantedScore } from './state/pool-phase.ts';

export const SCORE_CHUNK_ENTRIES = 2_000;

export function lockPool(ledger: LedgerState, cause: Cause, pool: Pool): Decision {
  const { liveEntries: entries, liveUnits, poolId, rules } = pool;
  const locked = event(cause, 'PoolLocked', { entries, grossMinor: liveUnits * rules.unitMinor, poolId });
  const tooFew = entries < Math.max(1, rules.minEntries);
  return tooFew ? [locked, declareRefund(ledger, cause, pool, 'min_entries')] : [locked];
}

/** The next step of a locked pool; nothing while it waits for results. */
export function carryOn(ledger: LedgerState, cause: Cause, pool: Pool): Decision {
  const counted = isCounted(ledger, pool);
  const refund = counted ? voidReason(pool) : null;
  if (refund) return [declareRefund(ledger, cause, pool, refund)];
  const fixture = pool.market ? -1 : pool.fixtures.findIndex(needsScoring);
  if (fixture >= 0) return [scoreChunk(cause, pool, fixture)];
  const declared: NewEvent | null = counted && isDecided(pool) ? declare(ledger, cause, pool) : null;
  return declared ? [declared] : [];
}

/** Where a rule says how many sources must agree, what is not agreed on yet only moves points. */
function isCounted({ corrections: { reports, rule } }: LedgerState, pool: Pool): boolean {
  if (!rule || pool.places) return true;
  return pool.fixtures.every(({ eventId, seen }) => {
    const told = reports.get(eventId);
    return seen === null || !told || told.length === 0 || countsOf(told, rule) !== null;
  });
}

/** A pass that was begun ends with the score it began with, whatever came meanwhile; the next pass puts that right. */
function scoreChunk(cause: Cause, pool: Pool, number: number): NewEvent {
  const fixture = pool.fixtures[number] as PoolFixture;
  const { entries, poolId, rules } = pool;
  const { scoring } = rules;
  assert(scoring, () => `${poolId} has no scoring`);
  const score = fixture.cursor > 0 ? fixture.target : wantedScore(fixture);
  const factor = factorOf(scoring, fixture.stage);
  const from = fixture.cursor;
  const end = Math.min(entries.rows, from + SCORE_CHUNK_ENTRIES);
  const worth = (pick: Goals | null, of: Goals | null): number => (pick && of ? pointsOf(pick, of, scoring, factor) : 0);
  const points: number[] = [];
  for (let row = from; row < end; row++) {
    const pick = entries.units(row) > 0 ? entries.pick(row, number) : null;
    points.push(worth(pick, score) - worth(pick, fixture.scored));
  }
  const data = {
    done: end === entries.rows,
    fixture: number,
    from,
    points,
    poolId,
    score: score ? ([score.home, score.away] as const) : null,
  };
  return event(cause, 'PoolScored', data);
}
