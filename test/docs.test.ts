// What the documents promise: settings, scripts and commands that they name exist, and none is left out.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkEnvironment, ENVIRONMENT } from '#roles/environment.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'docs/operating.md'];

test('docs/operating.md lists every setting with its default and meaning', () => {
  const { values } = checkEnvironment({});
  const rows = Object.entries(ENVIRONMENT).map(([name, schema]) => {
    const value = values?.[name as keyof typeof ENVIRONMENT];
    return `| \`${name}\` |${value === undefined || value === '' ? ' ' : ` \`${value}\` `}| ${schema.description} |`;
  });
  const listed = read('docs/operating.md')
    .split('\n')
    .filter((line) => /^\| `[A-Z0-9_]+` \|/.test(line));
  assert.ok(rows.length > 5);
  assert.deepEqual(listed, rows);
});

test('the documents name only npm scripts that exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = DOCUMENTS.flatMap((path) =>
    [...read(path).matchAll(/\bnpm (?:run (\w+)|(start|test))\b/g)].map((m) => m[1] ?? m[2] ?? ''),
  );
  assert.ok(named.length > 5);
  for (const name of named) assert.ok(Object.hasOwn(scripts, name), `npm run ${name}`);
});

test('.nvmrc, package.json and the lockfile pin one Node', () => {
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version?: string }> };
  assert.equal(read('.nvmrc').trim(), dependencies['node']);
  assert.equal(packages['node_modules/node']?.version, dependencies['node']);
});

test('package.json names exact versions only', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const all = Object.entries({ ...dependencies, ...devDependencies });
  assert.ok(all.length > 10);
  for (const [name, version] of all) assert.match(version, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/, name);
});

test('the lockfile holds every optional package that it names, or another npm refuses it', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const named = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  assert.ok(named.length > 20);
  const missing = named.filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)));
  assert.deepEqual(missing, []);
});
