// docs/scale-out.md is followed literally: its processes are roles of the table and all of them, its servers those of compose.yaml.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read, readCompose } from './deploy-files.ts';
import { assertRoles, assertWholeTable } from './settings.ts';

const page = read('docs/scale-out.md');
const block = /^## 3\.[\s\S]*?```sh\n([\s\S]*?)```/m.exec(page)?.[1] ?? '';
const started = [...block.matchAll(/npm start -- (.+)$/gm)].map((m) => (m[1] as string).split(' '));

test('docs/scale-out.md starts six processes that together are the whole table of roles', () => {
  assert.equal(started.length, 6);
  for (const roles of started) assertRoles(roles, roles.join(' '));
  assertWholeTable(started);
  for (const roles of started) assert.match(page, new RegExp(`^\\| \\d \\| ${roles.join(', ')} \\|`, 'm'));
});

test('docs/scale-out.md sets what separate processes need, and uses the servers of compose.yaml', () => {
  for (const name of ['DATABASE_URL', 'KAFKA_BROKERS', 'REDIS_URL']) assert.match(page, new RegExp(`^export ${name}=`, 'm'));
  assert.match(page, /^npx node tools\/servers\/main\.ts kafka redis postgres \| tee data\/servers\.sh$/m);
  assert.match(read('tools/servers/main.ts'), /console\.log\(`export \$\{line\}`\)/);
  const { services } = readCompose();
  for (const server of ['postgres', 'redis', 'kafka']) assert.ok(page.includes(` ${services[server]?.image}`), server);
});
