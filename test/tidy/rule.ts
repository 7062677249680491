// A rule of the house as a pure function over files, with texts that break it and texts that keep it: each rule proves that it can fail.
import type { SourceFile } from './source-text.ts';

export interface Rule {
  readonly name: string;
  applies(file: SourceFile): boolean;
  /** One message per fault, beginning with the path. */
  check(file: SourceFile): string[];
  readonly breaks: readonly SourceFile[];
  readonly keeps: readonly SourceFile[];
}

/** A rule over all files together, such as how many stand in a folder. */
export interface TreeRule {
  readonly name: string;
  check(paths: readonly string[]): { readonly looked: number; readonly faults: string[] };
  readonly breaks: readonly (readonly string[])[];
  readonly keeps: readonly (readonly string[])[];
}
