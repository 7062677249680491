// What may not stand in the code: ambient time and chance in core, default exports, enums, barrels, notes to oneself; and what must: a first comment.
import type { Rule } from './rule.ts';
import { codeOf, isTest, lineAt, type SourceFile } from './source-text.ts';

const isSource = ({ path }: SourceFile): boolean => /^(?:src|test|tools|bench|examples|web)\/.*\.tsx?$/.test(path);

function find(file: SourceFile, pattern: RegExp, what: (found: string) => string): string[] {
  const code = codeOf(file.text);
  return [...code.matchAll(pattern)].map((m) => `${file.path}:${lineAt(code, m.index)} ${what(m[0].trim())}`);
}

/** The machine's clock, chance, locale and surroundings. What the compiler refuses anyway (fetch, timers, node:*) is not repeated here. */
const AMBIENT =
  /(?<![.\w$#])(?:Date|performance|Intl|globalThis|process|console|crypto)\b(?!\s*\??:)|\bMath\s*\.\s*random\b|\.(?:localeCompare|toLocale\w+)\b|\bMath\s*\[/g;

export const purity: Rule = {
  name: 'core asks the machine for nothing',
  applies: ({ path }) => path.startsWith('src/core/') && path.endsWith('.ts') && !isTest(path),
  check: (file) => find(file, AMBIENT, (found) => `uses ${found}; it must come in as data`),
  breaks: [
    'Date.now()',
    'new Date(1)',
    'Math.random()',
    'performance.now()',
    'globalThis.x',
    'process.env',
    'console.log(1)',
    'Intl.x',
    'Math["random"]()',
    'a.localeCompare(b)',
    '`${Date.now()}`',
  ].map((code) => ({ path: 'src/core/base/x.ts', text: `// x\nconst y = ${code};` })),
  keeps: [
    "// Date and Math.random are banned\nconst a = 'Date';",
    '// x\nconst a = { date: 1, process: 2 }; const b = a.process;',
    '// x\nconst a = /Date/.test(b); const c = updateDate(4);',
  ].map((text) => ({ path: 'src/core/base/x.ts', text })),
};

export const exportsByName: Rule = {
  name: 'exports have names, and no file only passes on what others export',
  applies: isSource,
  check: (file) => {
    const faults = find(file, /\bexport\s+default\b|\bexport\s*\*/g, (found) => `has ${found}`);
    const code = codeOf(file.text);
    const own = code.replaceAll(/\b(?:import|export)\b[^;'"]*\bfrom\s*(['"])\s*\1\s*;?/g, '').trim();
    if (own === '' && /\bexport\b/.test(code)) faults.push(`${file.path}:1 is a barrel: it only passes on`);
    return faults;
  },
  breaks: [
    '// x\nexport default function f() {}',
    "// x\nexport * from './a.ts';",
    "// x\nexport { a } from './a.ts';\nexport type { B } from './b.ts';\n",
  ].map((text) => ({ path: 'src/engine/x.ts', text })),
  keeps: [
    {
      path: 'src/engine/x.ts',
      text: "// export default\nimport { a } from './a.ts';\nexport const b = a;\nexport { c } from './c.ts';",
    },
    { path: 'src/engine/x.ts', text: "// x\nimport './a.ts';" },
  ],
};

export const strippable: Rule = {
  name: 'no enums, namespaces, decorators, I-names or Impl-names',
  applies: isSource,
  check: (file) => [
    ...find(file, /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s+\w+/gm, (found) => `has ${found}; use a const object`),
    ...find(file, /^\s*(?:export\s+)?namespace\s+\w+/gm, (found) => `has ${found}`),
    ...find(file, /^\s*@\w+/gm, (found) => `has the decorator ${found}`),
    ...find(
      file,
      /\b(?:interface|type)\s+I[A-Z][a-z]\w*|\b(?:class|interface|type)\s+\w+Impl\b/g,
      (found) => `has ${found}; name it after what it is`,
    ),
  ],
  breaks: [
    'enum A { B }',
    'export const enum A { B }',
    'namespace A {}',
    '@sealed\nclass A {}',
    'interface IClock {}',
    'class ClockImpl {}',
  ].map((code) => ({
    path: 'src/engine/x.ts',
    text: `// x\n${code}`,
  })),
  keeps: [{ path: 'src/engine/x.ts', text: "// enum A {}\ninterface Identity {}\ninterface IO {}\nconst a = '@x'; // @y" }],
};

const isYaml = (path: string): boolean => /^(?:compose|deploy\/.+)\.ya?ml$/.test(path);

export const opening: Rule = {
  name: 'a file opens with a comment that says what it is for',
  // A test beside its code is named after it and needs no second introduction.
  applies: ({ path }) =>
    (/^(?:src|test|tools|bench|web|bin)\/.*\.(?:tsx?|sql|js|css)$/.test(path) && !(path.startsWith('src/') && isTest(path))) ||
    isYaml(path),
  check: ({ path, text }) => {
    const comment = isYaml(path) ? /^# ?\S/ : /^(?:#!.*\n)?(?:\/\/ ?\S|\/\*|-- ?\S)/;
    return comment.test(text) ? [] : [`${path}:1 has no opening comment`];
  },
  breaks: [
    { path: 'src/engine/x.ts', text: "import { a } from './a.ts';\n// late" },
    { path: 'src/engine/x.ts', text: '' },
    { path: 'src/adapters/postgres/migrations/0001-a.sql', text: 'CREATE TABLE a ();' },
    { path: 'deploy/kubernetes/odds.yaml', text: 'kind: Deployment\n# late' },
  ],
  keeps: [
    { path: 'compose.yaml', text: '# What it is for.\nname: palpite' },
    { path: 'src/engine/x.ts', text: '// What it is for.\n' },
    { path: 'src/adapters/postgres/migrations/0001-a.sql', text: '-- What it is for.\n' },
  ],
};

/** Spelt in halves so that this file does not hold what it looks for. */
const NOTES = ['FIX ME', 'TO DO', 'X XX', 'HA CK'].map((halves) => halves.replace(' ', ''));
const NOTE = new RegExp(`\\b(?:${NOTES.join('|')})\\b`, 'g');

export const finished: Rule = {
  name: 'no notes to oneself are left behind',
  applies: ({ path }) => /\.(?:tsx?|js|sql|css|md|html|ya?ml)$|^\.ci\//.test(path),
  check: ({ path, text }) => [...text.matchAll(NOTE)].map((m) => `${path}:${lineAt(text, m.index)} has ${m[0]}`),
  breaks: [
    { path: 'src/engine/x.ts', text: `// ${NOTES[0]}: later` },
    { path: 'docs/x.md', text: `# X\n${NOTES[1]}` },
  ],
  keeps: [{ path: 'src/engine/x.ts', text: '// to do and fixme\nconst TODOS = 1;' }],
};
