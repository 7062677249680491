// Live prices move many times a second and most answers repeat: a pass is logged when it differs from the bot's last one about the market.
import type { DecisionSheet } from '#ports/decision-log.ts';

/** Markets remembered; the oldest is forgotten first, so that nothing grows without end. */
const MARKETS_MAX = 5_000;

export class ChangedDecisions {
  readonly #write: (sheet: DecisionSheet) => void;
  readonly #last = new Map<string, Map<string, string>>();

  constructor(write: (sheet: DecisionSheet) => void) {
    this.#write = write;
  }

  add(sheet: DecisionSheet): void {
    const { marketId } = sheet.snapshot;
    const known = this.#of(marketId);
    const news = sheet.decisions.filter(({ decision }) => {
      if (decision.outcome !== 'bet' && known.get(decision.botId) === decision.outcome) return false;
      known.set(decision.botId, decision.outcome);
      return true;
    });
    if (news.length > 0) this.#write({ snapshot: sheet.snapshot, decisions: news });
  }

  #of(marketId: string): Map<string, string> {
    let known = this.#last.get(marketId);
    if (known) return known;
    if (this.#last.size >= MARKETS_MAX) {
      const oldest = this.#last.keys().next().value;
      if (oldest !== undefined) this.#last.delete(oldest);
    }
    this.#last.set(marketId, (known = new Map()));
    return known;
  }
}
