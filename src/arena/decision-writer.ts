// Writes decision sheets in the background, in batches, so that the run does not wait for its log.
import type { DecisionLog, DecisionSheet } from '#ports/decision-log.ts';

const BATCH_SHEETS = 400;

export class DecisionWriter {
  readonly #log: DecisionLog;
  readonly #shard: number;
  #sheets: DecisionSheet[] = [];
  #writing: Promise<void> = Promise.resolve();
  #failure: unknown = null;

  constructor(log: DecisionLog, shard: number) {
    this.#log = log;
    this.#shard = shard;
  }

  add(sheet: DecisionSheet): void {
    this.#sheets.push(sheet);
    if (this.#sheets.length >= BATCH_SHEETS) this.#write();
  }

  /** Resolves when all sheets are stored; throws what went wrong, if anything did. */
  async flush(): Promise<void> {
    this.#write();
    await this.#writing;
    if (this.#failure) throw this.#failure;
  }

  #write(): void {
    const sheets = this.#sheets;
    if (sheets.length === 0) return;
    this.#sheets = [];
    this.#writing = this.#writing
      .then(() => this.#log.write(this.#shard, sheets))
      .catch((error: unknown) => {
        this.#failure ??= error;
      });
  }
}
