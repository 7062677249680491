// What each-way bets add to the journal; they are accepted, rejected, voided and settled by the events of singles.
import type { Leg } from '../../kernel/command.ts';
import type { OddsPolicy } from '../odds-policy.ts';
import type { EachWayTerms } from '../runners/stated-market.ts';

export interface EachWayEvents {
  EachWayPlaced: {
    betId: string;
    eachWay: EachWayTerms;
    holder: string;
    legs: readonly (Leg & { oddsMilli: number })[];
    minOddsMilli: number;
    /** Stated on a pending bet when it is no other than `better`. */
    oddsPolicy?: OddsPolicy;
    quote: { ageMs: number; score?: { away: number; home: number }; seq: number; source: string };
    /** Set on a pending bet: when its delay ends. */
    releaseAt?: number;
    /** Of each of the two parts. */
    stakeMinor: number;
    status: 'accepted' | 'pending';
  };
}
