// Counts of requests in a window of time, for limits: by caller, in this process or shared by all gateways.

export interface RateCount {
  /** Requests in the window, this one included. */
  readonly current: number;
  /** Until the window ends, ms. */
  readonly ttl: number;
}

export interface RateCounters {
  /** Counts one; the first opens a window. */
  add(key: string, windowMs: number): Promise<RateCount>;
  read(key: string): Promise<RateCount>;
}
