// What a ledger keeps so that settlements can be corrected: who may decide, what each source said, the paid bets of markets that are still in
// their correction window, proposals that wait for a second person, and who owes. Nothing is kept until a rule is set: a ledger of a replay or a
// backtest needs none, and ledgers from before there were corrections come to the bytes that they always had.
import { assert } from '../../base/assert.ts';
import type { Result } from '../../catalog/result.ts';
import type { OutcomeNumbers } from '../../kernel/event.ts';
import type { ResultRule } from './correction-commands.ts';
import { SettledBets } from './settled-bets.ts';

export type Outcomes = Readonly<Record<string, OutcomeNumbers>>;
/** A result as it was reported, without what only its reader needs. */
export type Report = Pick<Result, 'source' | 'version' | 'status' | 'scores' | 'completedPeriods' | 'places' | 'withdrawn'>;

/** A market that was declared since there is a rule. */
export interface SettledMarket {
  readonly paid: SettledBets;
  /** An operator decided it: sources only disagree from then on. */
  byHand: boolean;
  /** While it is reversed: what comes after. */
  plan: { readonly outcomes: Outcomes | null } | null;
  /** Its legs leave memory piece by piece: what is forgotten in part cannot be taken back as a whole. */
  forgetting: boolean;
}

export interface Proposal {
  readonly proposalId: string;
  readonly marketId: string;
  readonly outcomes: Outcomes | null;
  readonly by: string;
  readonly source: string;
  readonly reason: string;
  readonly movedMinor: number;
  readonly previewHash: string;
  readonly expiresAt: number;
}

/** Proposals of a ledger that wait at a time. */
export const PROPOSALS_OPEN_MAX = 1_000;

export interface CorrectionsDump {
  readonly rule: ResultRule | null;
  readonly reports: readonly (readonly [string, readonly Report[]])[];
  readonly markets: readonly {
    readonly row: number;
    readonly paid: number;
    readonly byHand: boolean;
    readonly plan: SettledMarket['plan'];
    /** Only where it is. */
    readonly forgetting?: true;
  }[];
  readonly proposals: readonly Proposal[];
  readonly debtors: readonly string[];
}

export class Corrections {
  rule: ResultRule | null = null;
  /** Per fixture, in the order in which the sources first spoke. */
  readonly reports = new Map<string, Report[]>();
  /** By market row. */
  readonly markets = new Map<number, SettledMarket>();
  readonly proposals = new Map<string, Proposal>();
  /** Holders whose debt account is below zero. */
  readonly debtors = new Set<string>();

  /** The newest report of each source, with this one in it. */
  reportsWith(eventId: string, report: Report): Report[] {
    const known = this.reports.get(eventId) ?? [];
    const at = known.findIndex(({ source }) => source === report.source);
    return at < 0 ? [...known, report] : known.with(at, report);
  }

  /** A market is declared: what is paid from now on is kept, where there is a rule. */
  declared(row: number): void {
    const known = this.markets.get(row);
    if (known) known.plan = null;
    else if (this.rule) this.markets.set(row, { paid: new SettledBets(), byHand: false, plan: null, forgetting: false });
  }

  market(row: number): SettledMarket {
    const market = this.markets.get(row);
    assert(market, () => `market ${row} was not kept`);
    return market;
  }

  proposalOf(marketId: string): Proposal | null {
    for (const proposal of this.proposals.values()) if (proposal.marketId === marketId) return proposal;
    return null;
  }

  /** Null while there is nothing. Paid bets go into `own`, in the order of the markets. */
  dump(own: Int32Array[]): CorrectionsDump | null {
    const { debtors, markets, proposals, reports, rule } = this;
    if (rule === null && debtors.size === 0 && markets.size === 0) return null;
    const rows = [...markets].map(([row, { byHand, forgetting, paid, plan }]) => {
      const dump = { row, paid: paid.count, byHand, plan };
      return forgetting ? { ...dump, forgetting } : dump;
    });
    const all = [...markets.values()].map(({ paid }) => paid.dump());
    const joined = new Int32Array(all.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const records of all) {
      joined.set(records, at);
      at += records.length;
    }
    own.push(joined);
    return { rule, reports: [...reports], markets: rows, proposals: [...proposals.values()], debtors: [...debtors] };
  }

  /** Fills empty ones. */
  load(dump: CorrectionsDump, records: Int32Array): void {
    this.rule = dump.rule;
    for (const [eventId, reports] of dump.reports) this.reports.set(eventId, [...reports]);
    let at = 0;
    const all = dump.markets.reduce((sum, { paid }) => sum + paid, 0);
    const length = all === 0 ? 0 : records.length / all;
    for (const { byHand, forgetting = false, paid, plan, row } of dump.markets) {
      const end = at + paid * length;
      this.markets.set(row, { paid: SettledBets.load(records.slice(at, end)), byHand, plan, forgetting });
      at = end;
    }
    for (const proposal of dump.proposals) this.proposals.set(proposal.proposalId, proposal);
    for (const holder of dump.debtors) this.debtors.add(holder);
  }
}
