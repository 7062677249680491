// Documents: one title each, and links that lead somewhere.
import { posix } from 'node:path';
import type { Rule, TreeRule } from './rule.ts';
import type { SourceFile } from './source-text.ts';

const isDocument = ({ path }: { path: string }): boolean => path.endsWith('.md');

/** Text outside fenced blocks and inline code. */
function prose(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

export const titles: Rule = {
  name: 'a document has one title, on its first line',
  applies: isDocument,
  check: ({ path, text }) => {
    const found = prose(text).match(/^# \S/gm)?.length ?? 0;
    return found === 1 && text.startsWith('# ') ? [] : [`${path} has ${found} titles, or does not begin with its own`];
  },
  breaks: [
    { path: 'docs/x.md', text: 'text\n# X\n' },
    { path: 'docs/x.md', text: '# X\n# Y\n' },
  ],
  keeps: [{ path: 'docs/x.md', text: '# X\n```sh\n# a comment\n```\n## Y\n' }],
};

/** Faults of the relative links of a document, given every path of the project. */
export function deadLinks(file: SourceFile, paths: ReadonlySet<string>): { looked: number; faults: string[] } {
  const links = [...prose(file.text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((m) => m[1] as string)
    .filter((link) => !/^(?:[a-z]+:|#)/.test(link));
  const faults = links.filter(
    (link) => !paths.has(posix.join(posix.dirname(file.path), link.replace(/#.*$/, '')).replace(/\/$/, '')),
  );
  return { looked: links.length, faults: faults.map((link) => `${file.path} links to ${link}, which does not exist`) };
}

/** Migrations are numbered without gaps, so that two people cannot take one number unseen. */
export const migrations: TreeRule = {
  name: 'migrations are numbered 0001, 0002, ... without gaps or doubles',
  check: (paths) => {
    const numbers = paths
      .map((path) => /^src\/adapters\/postgres\/migrations\/(\d{4})-/.exec(path)?.[1])
      .filter((n) => n !== undefined);
    const wrong = numbers.sort().findIndex((n, i) => Number(n) !== i + 1);
    return { looked: numbers.length, faults: wrong < 0 ? [] : [`migration ${numbers[wrong]} stands where ${wrong + 1} should`] };
  },
  breaks: [
    ['src/adapters/postgres/migrations/0001-a.sql', 'src/adapters/postgres/migrations/0003-b.sql'],
    ['src/adapters/postgres/migrations/0001-a.sql', 'src/adapters/postgres/migrations/0001-b.sql'],
  ],
  keeps: [['src/adapters/postgres/migrations/0002-b.sql', 'src/adapters/postgres/migrations/0001-a.sql']],
};
