// Ways in which a supplier misbehaves on the wire, for tests: every Nth update is dropped, sent twice, or sent after the next one.
export interface WireFaults {
  readonly dropEvery?: number;
  readonly duplicateEvery?: number;
  readonly swapEvery?: number;
  /** Every Nth update leaves its markets out: the sequence is whole, the markets' versions are not. */
  readonly emptyEvery?: number;
}

/** Applies the faults of one connection: gives the frames to send in place of the one that was due. */
export class FaultyWire {
  readonly #faults: WireFaults;
  #count = 0;
  #held: string | null = null;

  constructor(faults: WireFaults) {
    this.#faults = faults;
  }

  pass(frame: string): string[] {
    this.#count++;
    if (this.#hits(this.#faults.dropEvery)) return [];
    const held = this.#held;
    if (held !== null) {
      this.#held = null;
      return [frame, held];
    }
    if (this.#hits(this.#faults.swapEvery)) {
      this.#held = frame;
      return [];
    }
    return this.#hits(this.#faults.duplicateEvery) ? [frame, frame] : [frame];
  }

  #hits(every: number | undefined): boolean {
    return every !== undefined && this.#count % every === 0;
  }
}
