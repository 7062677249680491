// A frame holds many lines, `number text`: what was asked or answered within one turn of the loop travels together.

export const DOOR_PATH = '/door';
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;

export interface Line {
  readonly n: string;
  /** Empty in an answer whose outcome is unknown. */
  readonly text: string;
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
