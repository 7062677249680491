// A frame holds many lines, `name text`: what was asked or answered within one turn of the loop travels together. An answer has the name of
// its question: a number, and behind it the traceparent where the command is traced.

export const DOOR_PATH = '/door';
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;

export interface Line {
  readonly n: string;
  /** Empty in an answer whose outcome is unknown. */
  readonly text: string;
}

const TRACE_MARK = '@';
const QUESTION_MARK = '?';

export function lineName(n: number, traceparent?: string): string {
  return traceparent === undefined ? String(n) : `${n}${TRACE_MARK}${traceparent}`;
}

/** Name of a line that asks and commands nothing. */
export function questionName(n: number): string {
  return `${n}${QUESTION_MARK}`;
}

export function isQuestion(name: string): boolean {
  return name.endsWith(QUESTION_MARK);
}

export function traceparentIn(name: string): string | undefined {
  const at = name.indexOf(TRACE_MARK);
  return at < 0 ? undefined : name.slice(at + 1);
}

export function joinFrame(lines: readonly string[]): string {
  return lines.join('\n');
}

export function splitFrame(frame: string): Line[] {
  return frame.split('\n').map((line) => {
    const space = line.indexOf(' ');
    return space < 0 ? { n: line, text: '' } : { n: line.slice(0, space), text: line.slice(space + 1) };
  });
}
