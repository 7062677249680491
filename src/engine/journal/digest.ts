// contentDigest: sha256 over one ledger's canonical events, renumbered from 1, without blocks, epochs or metadata.
// It is THE value compared between live, accelerated and replayed histories.
import { createHash } from 'node:crypto';
import type { Block } from '#ports/journal.ts';
import { BlockBody } from './block-body.ts';

export class ContentDigest {
  readonly #ledgerTag: string;
  readonly #hash = createHash('sha256');
  #count = 0;

  constructor(ledgerId: string) {
    this.#ledgerTag = `"ledgerId":${JSON.stringify(ledgerId)}`;
  }

  get events(): number {
    return this.#count;
  }

  addBlock(block: Block): void {
    for (const line of new BlockBody(block.body).eventLines()) this.addLine(line);
  }

  /** `line` is the stored canonical JSON of one event. */
  addLine(line: string): void {
    // The top-level member, not one inside data: data never holds a ledgerId of its own in these events.
    if (!line.includes(this.#ledgerTag)) return;
    this.#count++;
    this.#hash.update(`${this.#count}\n${line}\n`);
  }

  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
