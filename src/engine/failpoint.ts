// Named points at which the crash test makes a process die. Nobody sets one in production: what is left there is one comparison per commit.

export type Failpoint =
  | 'before-begin'
  | 'after-send'
  | 'after-commit'
  | 'after-answer'
  | 'mid-projection'
  | 'mid-snapshot'
  | 'before-odds-commit'
  | 'mid-odds-commit'
  | 'after-odds-commit';

let hit: ((name: Failpoint) => void) | null = null;

/** A process passes here. */
export function failpoint(name: Failpoint): void {
  if (hit) hit(name);
}

/** For tests: what happens at every point from now on, or null for nothing. */
export function onFailpoint(action: ((name: Failpoint) => void) | null): void {
  hit = action;
}
