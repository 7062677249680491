// The rules of STYLE.md that a machine can hold, over every file of the project. A rule that looked at nothing fails,
// and each rule is shown to fail on texts that break it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportsByName, finished, opening, purity, strippable } from './tidy/code-rules.ts';
import { deadLinks, migrations, titles } from './tidy/doc-rules.ts';
import { layers } from './tidy/layer-rules.ts';
import { folders, names, rootFiles, sizes } from './tidy/name-rules.ts';
import type { Rule, TreeRule } from './tidy/rule.ts';
import { codeOf, importsOf, type SourceFile } from './tidy/source-text.ts';

const RULES: readonly Rule[] = [layers, names, sizes, purity, exportsByName, strippable, opening, finished, titles];
const TREE_RULES: readonly TreeRule[] = [folders, rootFiles, migrations];

const ROOT = join(import.meta.dirname, '..');
const IGNORED = ignoredNames(readFileSync(join(ROOT, '.gitignore'), 'utf8'));
const PATHS = [...walk('')];
const FILES: readonly SourceFile[] = PATHS.filter((path) => /\.(?:tsx?|js|sql|css|html|md|ya?ml)$|^\.ci\//.test(path)).map(
  (path) => ({
    path,
    text: readFileSync(join(ROOT, path), 'utf8'),
  }),
);

/** Names that git ignores. The patterns used are plain: `name/`, `name`, `*.end`. */
function ignoredNames(gitignore: string): RegExp {
  const patterns = gitignore.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const sources = patterns.map((pattern) => pattern.replace(/\/$/, '').replaceAll('.', '\\.').replaceAll('*', '.*'));
  return new RegExp(`^(?:${['\\.git', ...sources].join('|')})$`);
}

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (IGNORED.test(entry.name)) continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(path);
    else yield path;
  }
}

for (const rule of RULES) {
  test(`tidy: ${rule.name}`, () => {
    const looked = FILES.filter((file) => rule.applies(file));
    assert.ok(looked.length > 0, 'the rule looked at nothing');
    assert.deepEqual(
      looked.flatMap((file) => rule.check(file)),
      [],
    );
  });

  test(`tidy: the rule "${rule.name}" can fail`, () => {
    assert.ok(rule.breaks.length > 0 && rule.keeps.length > 0);
    for (const file of [...rule.breaks, ...rule.keeps]) assert.ok(rule.applies(file), `not looked at: ${file.path}`);
    for (const file of rule.breaks)
      assert.notDeepEqual(rule.check(file), [], `no fault found in ${file.path}:\n${file.text.slice(0, 200)}`);
    for (const file of rule.keeps) assert.deepEqual(rule.check(file), []);
  });
}

for (const rule of TREE_RULES) {
  test(`tidy: ${rule.name}`, () => {
    const { faults, looked } = rule.check(PATHS);
    assert.ok(looked > 0, 'the rule looked at nothing');
    assert.deepEqual(faults, []);
  });

  test(`tidy: the rule "${rule.name}" can fail`, () => {
    for (const paths of rule.breaks) assert.notDeepEqual(rule.check(paths).faults, [], paths.join(' '));
    for (const paths of rule.keeps) assert.deepEqual(rule.check(paths).faults, []);
  });
}

test('tidy: links between documents lead somewhere', () => {
  const places = new Set<string>();
  for (const path of PATHS)
    for (let at = path; at !== '.' && at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) places.add(at);
  const results = FILES.filter(({ path }) => path.endsWith('.md')).map((file) => deadLinks(file, places));
  assert.ok(
    results.some(({ looked }) => looked > 0),
    'no link was looked at',
  );
  assert.deepEqual(
    results.flatMap(({ faults }) => faults),
    [],
  );
  const planted = { path: 'docs/x.md', text: '# X\n[a](../README.md) [b](./gone.md) [c](https://example.org/x) [d](#here)' };
  assert.deepEqual(deadLinks(planted, new Set(['README.md'])), {
    looked: 2,
    faults: ['docs/x.md links to ./gone.md, which does not exist'],
  });
});

test('tidy: every layer of src was looked at', () => {
  const seen = new Set(FILES.filter((file) => layers.applies(file)).map(({ path }) => path.split('/')[1]));
  for (const layer of ['core', 'ports', 'engine', 'adapters', 'api', 'arena', 'roles', 'cli']) assert.ok(seen.has(layer), layer);
  const imports = FILES.filter((file) => layers.applies(file)).reduce((sum, file) => sum + importsOf(file).length, 0);
  assert.ok(imports > 500, `only ${imports} imports were found`);
});

test('codeOf() blanks comments, strings, templates and regular expressions but keeps the code between them', () => {
  const rows: [text: string, code: string][] = [
    ["a('b // c') // d", "a('      ')     "],
    ['a /* b\nc */ d', 'a     \n     d'],
    ['`a ${b + `c ${d}`} e` + f', '`  ${b + `  ${d}`}  ` + f'],
    ['`${{ a: 1 }}` + Date', '`${{ a: 1 }}` + Date'],
    ['x = /[\'"/]/.test(y) / z', 'x = /      .test(y) / z'.replace('      ', '     /')],
    ["'it\\'s' + g", "'     ' + g"],
    ['a / b / c', 'a / b / c'],
  ];
  for (const [text, code] of rows) {
    assert.equal(codeOf(text).length, text.length);
    assert.equal(codeOf(text), code, text);
  }
});

test('importsOf() finds values, types, re-exports, dynamic imports, side effects and worker files, with their lines', () => {
  const text = [
    "import { a } from './a.ts';",
    "import type {\n  B,\n} from '#core/b.ts';",
    "export { c } from './c.ts';",
    "import './d.ts';",
    "const e = await import('./e.ts');",
    "new URL('./f.ts', import.meta.url); new URL('./data', import.meta.url);",
    "// import './g.ts'",
    'const h = "import \'./h.ts\'";',
  ].join('\n');
  const found = importsOf({ path: 'src/x.ts', text }).map(({ specifier, line }) => `${line} ${specifier}`);
  assert.deepEqual(found.sort(), ['1 ./a.ts', '4 #core/b.ts', '5 ./c.ts', '6 ./d.ts', '7 ./e.ts', '8 ./f.ts']);
});
