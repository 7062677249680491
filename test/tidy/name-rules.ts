// How files and folders are named, how large they are and how many stand together.
import type { Rule, TreeRule } from './rule.ts';
import { isTest } from './source-text.ts';

export const LINES_MAX = 400;
export const TEST_LINES_MAX = 600;
const FOLDER_FILES_MAX = 15;
/** One interface a file, and nothing that would group them but the layer itself. */
const FOLDER_EXCEPTIONS: Readonly<Record<string, number>> = { 'src/ports': 40 };
const DEPTH_MAX = 3;

const WORD = '[a-z0-9]+(?:-[a-z0-9]+)*';
const FILE_NAMES = new RegExp(
  `^(?:${WORD}(?:\\.(?:pg|kafka|redis))?(?:\\.test)?\\.ts|${WORD}\\.(?:tsx|js|css|html|svg)|\\d{4}-${WORD}\\.sql|tsconfig\\.json)$`,
);
const FOLDER_NAMES = new RegExp(`^${WORD}$`);
/** Names that say nothing: alone they are banned for files and folders alike, the first six at the end of a name as well. */
const EMPTY_ENDINGS = ['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'manager', 'service'];
const EMPTY_NAMES = new Set([...EMPTY_ENDINGS, 'shared', 'managers', 'services', 'types', 'type', 'index', 'impl']);

export const names: Rule = {
  name: 'files and folders have kebab-case names that say something',
  applies: ({ path }) => /^(?:src|test|tools|bench|web)\//.test(path),
  check: ({ path }) => {
    const parts = path.split('/');
    const file = parts.pop() as string;
    const faults = FILE_NAMES.test(file) ? [] : [`${path} is no kebab-case name of a known kind`];
    for (const folder of parts) if (!FOLDER_NAMES.test(folder)) faults.push(`${path}: ${folder} is no kebab-case name`);
    // The page's files are for browsers, which ask for index.html by custom.
    const stem = file === 'index.html' ? '' : file.replace(/(?:\.(?:pg|kafka|redis))?(?:\.test)?\.[a-z]+$/, '');
    for (const word of [...parts, stem]) if (isEmpty(word)) faults.push(`${path}: ${word} says nothing`);
    return faults;
  },
  breaks: [
    'src/core/bets/PlaceBet.ts',
    'src/core/bets/place_bet.ts',
    'src/core/bets/utils.ts',
    'src/core/bets/index.ts',
    'src/core/bets/bet-helpers.ts',
    'src/core/bets/bet.service.ts',
    'src/core/bets/types.test.ts',
    'src/core/common/bet.ts',
    'src/core/Bets/bet.ts',
    'src/adapters/postgres/migrations/7-pools.sql',
  ].map((path) => ({ path, text: '' })),
  keeps: [
    'src/core/bets/place-bet.ts',
    'src/adapters/postgres/postgres-journal.pg.test.ts',
    'src/adapters/postgres/migrations/0001-journal.sql',
    'src/core/base/id-index.ts',
    'src/api/page/index.html',
  ].map((path) => ({ path, text: '' })),
};

function isEmpty(word: string): boolean {
  return EMPTY_NAMES.has(word) || EMPTY_ENDINGS.includes(word.slice(word.lastIndexOf('-') + 1));
}

export const sizes: Rule = {
  name: `no file is longer than ${LINES_MAX} lines, no test than ${TEST_LINES_MAX}`,
  applies: ({ path }) => /^(?:src|test|tools|bench|web|examples)\/.*\.(?:ts|tsx|js|css|sql)$/.test(path),
  check: ({ path, text }) => {
    const lines = text.replace(/\n$/, '').split('\n').length;
    const most = /^(?:test|bench)\//.test(path) || isTest(path) ? TEST_LINES_MAX : LINES_MAX;
    return lines > most ? [`${path} has ${lines} lines, at most ${most} are allowed`] : [];
  },
  breaks: [
    { path: 'src/engine/x.ts', text: '\n'.repeat(LINES_MAX + 1) },
    { path: 'src/engine/x.test.ts', text: '\n'.repeat(TEST_LINES_MAX + 1) },
  ],
  keeps: [
    { path: 'src/engine/x.ts', text: '\n'.repeat(LINES_MAX) },
    { path: 'src/engine/x.test.ts', text: '\n'.repeat(TEST_LINES_MAX) },
  ],
};

export const folders: TreeRule = {
  name: `a folder holds at most ${FOLDER_FILES_MAX} files besides tests, and none is deeper than ${DEPTH_MAX} below src`,
  check: (paths) => {
    const counts = new Map<string, number>();
    const faults: string[] = [];
    const looked = paths.filter((path) => path.startsWith('src/'));
    for (const path of looked) {
      const folder = path.slice(0, path.lastIndexOf('/'));
      if (folder.split('/').length - 1 > DEPTH_MAX) faults.push(`${path} lies deeper than ${DEPTH_MAX} folders below src`);
      if (!isTest(path) && !path.endsWith('.sql')) counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
    for (const [folder, count] of counts) {
      const most = FOLDER_EXCEPTIONS[folder] ?? FOLDER_FILES_MAX;
      if (count > most) faults.push(`${folder} holds ${count} files, at most ${most} are allowed`);
    }
    return { looked: looked.length, faults };
  },
  breaks: [Array.from({ length: FOLDER_FILES_MAX + 1 }, (_, i) => `src/core/bets/a${i}.ts`), ['src/a/b/c/d/e.ts']],
  keeps: [
    Array.from({ length: FOLDER_FILES_MAX * 2 }, (_, i) => `src/core/bets/a${i >> 1}${i % 2 ? '.test' : ''}.ts`),
    Array.from({ length: FOLDER_FILES_MAX * 2 }, (_, i) => `src/adapters/postgres/migrations/00${10 + i}-a.sql`),
    ['src/a/b/c/d.ts'],
  ],
};

const ROOT = new Set(
  (
    '.ci .dockerignore .editorconfig .gitattributes .github .gitignore .npmrc .nvmrc .oxfmtrc.json .oxlintrc.json ARCHITECTURE.md CHANGELOG.md ' +
    'CONTRIBUTING.md Dockerfile LICENSE README.md STYLE.md bench bin compose.yaml deploy docs examples package-lock.json package.json src test tools ' +
    'tsconfig.json web'
  ).split(' '),
);

export const rootFiles: TreeRule = {
  name: 'the root holds only what is listed',
  check: (paths) => {
    const entries = [...new Set(paths.map((path) => path.split('/')[0] as string))];
    return {
      looked: entries.length,
      faults: entries.filter((entry) => !ROOT.has(entry)).map((entry) => `${entry} is not listed for the root`),
    };
  },
  breaks: [['README.md', 'NOTES.md'], ['report.json'], ['scripts/a.sh']],
  keeps: [['README.md', 'src/main.ts', '.ci/run']],
};
