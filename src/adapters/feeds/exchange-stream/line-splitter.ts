// Lines out of the pieces in which a socket hands them over; no line may be longer than the limit.

export class LineSplitter {
  readonly #charsMax: number;
  #pieces: string[] = [];
  #length = 0;

  constructor(charsMax: number) {
    this.#charsMax = charsMax;
  }

  /** Whole lines, without their ends; null when a line is too long, after which nothing more can be read. */
  push(text: string): string[] | null {
    const lines: string[] = [];
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      this.#pieces.push(text.slice(from, to));
      const line = this.#pieces.join('');
      this.#pieces = [];
      this.#length = 0;
      if (line.length > this.#charsMax) return null;
      const whole = line.endsWith('\r') ? line.slice(0, -1) : line;
      if (whole !== '') lines.push(whole);
      from = to + 1;
    }
    const rest = text.slice(from);
    if (rest !== '') this.#pieces.push(rest);
    this.#length += rest.length;
    return this.#length > this.#charsMax ? null : lines;
  }
}
