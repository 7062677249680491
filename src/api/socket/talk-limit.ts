// How much a client of a socket may say: a token bucket of ten seconds' worth.

/** Messages of a client per second, on average over ten. */
export const MESSAGES_PER_SECOND = 20;
const BURST_SECONDS = 10;

/** WebSocket close code (RFC 6455): the client broke a rule. */
export const POLICY = 1008;

export class TalkLimit {
  #tokens = MESSAGES_PER_SECOND * BURST_SECONDS;
  #at = performance.now();

  mayTalk(): boolean {
    const now = performance.now();
    const earned = ((now - this.#at) / 1000) * MESSAGES_PER_SECOND;
    this.#tokens = Math.min(MESSAGES_PER_SECOND * BURST_SECONDS, this.#tokens + earned);
    this.#at = now;
    return --this.#tokens >= 0;
  }
}
