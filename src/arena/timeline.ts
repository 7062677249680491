// A recording laid out in time. Each tick holds what became known at one moment; nothing of a later tick exists for anyone yet.
import type { Result } from '#core/catalog/result.ts';
import type { Capture, RecordedFixture } from '#ports/recording.ts';

export interface Tick {
  readonly at: number;
  readonly fixtures: RecordedFixture[];
  readonly results: Result[];
  readonly captures: { readonly fixture: RecordedFixture; readonly capture: Capture }[];
}

/** Ticks in order of time; within one, the order of the recording. */
export function timelineOf(fixtures: readonly RecordedFixture[]): Tick[] {
  const ticks = new Map<number, Tick>();
  const tickAt = (at: number): Tick => {
    let tick = ticks.get(at);
    if (!tick) ticks.set(at, (tick = { at, fixtures: [], results: [], captures: [] }));
    return tick;
  };
  for (const fixture of fixtures) {
    const first = fixture.captures.reduce((at, capture) => Math.min(at, capture.at), fixture.startAt);
    tickAt(first).fixtures.push(fixture);
    for (const capture of fixture.captures) tickAt(capture.at).captures.push({ fixture, capture });
    if (fixture.result) tickAt(fixture.result.observedAt).results.push(fixture.result);
  }
  return [...ticks.values()].sort((a, b) => a.at - b.at);
}
