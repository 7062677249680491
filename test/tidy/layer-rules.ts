// Who may import whom, types included. A folder that is not listed is refused until somebody decides where it belongs.
import { posix } from 'node:path';
import type { Rule } from './rule.ts';
import { importsOf, isTest, layerOf, type SourceFile } from './source-text.ts';

const APPLICATIONS = ['arena', 'trader', 'platform'];
const INNER = ['engine', 'ports', 'core'];

/** Layer -> other layers it may import. `adapters/*` stands for each adapter by itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ports: ['core'],
  engine: ['ports', 'core'],
  arena: INNER,
  trader: INNER,
  platform: INNER,
  api: [...APPLICATIONS, ...INNER],
  'adapters/*': ['ports', 'core'],
  'adapters/postgres': ['engine', 'ports', 'core'], // it stores what the engine folds
  roles: ['adapters/*', 'api', ...APPLICATIONS, ...INNER],
  main: ['roles'],
  cli: ['roles', ...APPLICATIONS, ...INNER],
};

/** Layers that depend on no vendor, and the npm packages they may use all the same. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  core: /^@noble\/hashes\//,
  ports: /^node:/,
  engine: /^node:/,
};

/** What of the API the web may use. */
const WEB_CONTRACTS = new Set(['src/api/contract.ts', 'src/api/routes/betting/order-contract.ts']);
const OUTSIDE = new Set(['test', 'bench', 'examples', 'tools']);

export const layers: Rule = {
  name: 'a file imports only the layers below its own',
  applies: ({ path }) => path.endsWith('.ts') && /^(?:src|web|test|bench|examples|tools)\//.test(path) && !isTest(path),
  check: (file) =>
    importsOf(file).flatMap(({ specifier, line }) => layerFault(file, specifier).map((fault) => `${file.path}:${line} ${fault}`)),
  breaks: [
    { path: 'src/core/bets/x.ts', text: "// x\nimport { a } from '#ports/clock.ts';" },
    { path: 'src/core/bets/x.ts', text: "// x\nimport type { Clock } from '#ports/clock.ts';" },
    { path: 'src/core/bets/x.ts', text: "// x\nimport { readFile } from 'node:fs/promises';" },
    { path: 'src/core/bets/x.ts', text: "// x\nimport { z } from 'zod';" },
    { path: 'src/core/bets/x.ts', text: "// x\nimport { a } from '../../engine/writer.ts';" },
    { path: 'src/ports/x.ts', text: "// x\nimport pg from 'pg';" },
    { path: 'src/engine/x.ts', text: "// x\ntype A = import('#adapters/memory/memory-bus.ts').A;" },
    { path: 'src/engine/x.ts', text: "// x\nexport { a } from '#api/server.ts';" },
    { path: 'src/engine/x.ts', text: "// x\nnew Worker(new URL('../roles/worker.ts', import.meta.url));" },
    { path: 'src/arena/x.ts', text: "// x\nimport { a } from '#trader/x.ts';" },
    { path: 'src/adapters/feeds/x.ts', text: "// x\nimport { a } from '../memory/virtual-clock.ts';" },
    { path: 'src/adapters/feeds/x.ts', text: "// x\nimport { a } from '#adapters/memory/virtual-clock.ts';" },
    { path: 'src/adapters/feeds/x.ts', text: "// x\nimport { a } from '#engine/writer.ts';" },
    { path: 'src/api/x.ts', text: "// x\nimport { a } from '#roles/context.ts';" },
    { path: 'src/cli/x.ts', text: "// x\nimport { a } from '#adapters/postgres/database.ts';" },
    { path: 'src/roles/x.ts', text: "// x\nimport { a } from '#cli/session.ts';" },
    { path: 'src/main.ts', text: "// x\nimport { a } from '#engine/writer.ts';" },
    { path: 'src/helpful/x.ts', text: "// x\nimport { a } from '#core/base/money.ts';" },
    { path: 'src/core/x.ts', text: '// x\nconst a = await import("#engine/writer.ts");' },
    { path: 'src/engine/x.ts', text: "// x\nimport { a } from '#core/../adapters/memory/memory-bus.ts';" },
    { path: 'src/api/x.ts', text: "// x\nimport { a } from '../../tools/run-tests.ts';" },
    { path: 'web/src/api.ts', text: "// x\nimport { a } from '#api/server.ts';" },
  ],
  keeps: [
    {
      path: 'src/core/bets/x.ts',
      text: "// import { a } from '#ports/clock.ts'\nimport { a } from '../base/money.ts';\nconst b = \"from '#api/x.ts'\";",
    },
    { path: 'src/core/base/x.ts', text: "// x\nimport { sha256 } from '@noble/hashes/sha2.js';" },
    { path: 'src/adapters/postgres/x.ts', text: "// x\nimport type { B } from '#engine/projections/projection-batch.ts';" },
    {
      path: 'src/adapters/feeds/supplier/x.ts',
      text: "// x\nimport { a } from '../csv.ts';\nimport { b } from '#ports/feed.ts';",
    },
    {
      path: 'src/roles/x.ts',
      text: "// x\nnew Worker(new URL('./worker.ts', import.meta.url));\nimport { a } from '#adapters/memory/memory-bus.ts';",
    },
    {
      path: 'web/src/api.ts',
      text: "// x\nimport type { A } from '#api/contract.ts';\nimport { m } from '#core/base/money.ts';",
    },
    { path: 'bench/x.ts', text: "// x\nimport { a } from '#engine/writer.ts';" },
  ],
};

function layerFault(file: SourceFile, specifier: string): string[] {
  const from = layerOf(file.path);
  const target = targetOf(file.path, specifier);
  if (target === null) return packageFault(from, specifier);
  if (from === null) return webFault(file.path, target);
  const to = layerOf(target);
  if (to === null) return [`imports ${target}, which is outside src`];
  if (from === to) return [];
  if (specifier.startsWith('.')) return [`leaves its layer by a relative path: ${specifier}`];
  const allowed = MAY_IMPORT[from] ?? (from.startsWith('adapters/') ? MAY_IMPORT['adapters/*'] : undefined);
  if (!allowed) return [`is in ${from}, a layer that the rules do not know`];
  const ok = allowed.includes(to) || (to.startsWith('adapters/') && allowed.includes('adapters/*'));
  return ok ? [] : [`imports ${to} from ${from}: ${specifier}`];
}

/** Path of an imported project file; null for a package. */
function targetOf(path: string, specifier: string): string | null {
  if (specifier.startsWith('#')) return posix.normalize(`src/${specifier.slice(1)}`);
  if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(path), specifier));
  return null;
}

function packageFault(layer: string | null, specifier: string): string[] {
  const allowed = layer === null ? undefined : PACKAGES[layer];
  return allowed && !allowed.test(specifier) ? [`imports the package ${specifier}, which ${layer} must do without`] : [];
}

function webFault(path: string, target: string): string[] {
  const [folder = ''] = path.split('/');
  if (OUTSIDE.has(folder) || target.startsWith('web/')) return [];
  const ok = target.startsWith('src/core/') || WEB_CONTRACTS.has(target);
  return ok ? [] : [`imports ${target}: the web may use core and the API's contract alone`];
}
