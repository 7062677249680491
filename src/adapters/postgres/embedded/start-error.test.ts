// The messages of PostgreSQL (copied from its sources and from real failures) lead to the right code and to a remedy.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { DatabaseStartError, diagnose, diagnoseSystem } from './start-error.ts';

const REAL_MESSAGES: [string, DatabaseStartError['code']][] = [
  ['initdb: error: could not write file "/d/pg_wal/xlogtemp.31": No space left on device', 'disk-full'],
  ['FATAL:  could not extend file "base/5/1249": No space left on device', 'disk-full'],
  [
    'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use\nFATAL:  could not create any TCP/IP sockets',
    'port-in-use',
  ],
  ['FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use', 'in-use'],
  ['FATAL:  lock file "postmaster.pid" already exists', 'in-use'],
  ['FATAL:  database files are incompatible with server', 'older-data-directory'],
  [
    'postgres: error while loading shared libraries: libicui18n.so.60: cannot open shared object file: No such file',
    'missing-binaries',
  ],
  ["/x/postgres: /lib/libc.so.6: version `GLIBC_2.25' not found (required by /x/postgres)", 'missing-binaries'],
  ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', 'out-of-memory'],
  ['initdb: error: could not look up effective user ID 12345: user does not exist', 'no-permission'],
  ['FATAL:  data directory "/d" has wrong ownership', 'no-permission'],
  ['PANIC:  could not locate a valid checkpoint record at 0/1', 'start-failed'],
];

test('diagnose() names the cause in what PostgreSQL printed', () => {
  for (const [output, code] of REAL_MESSAGES) assert.equal(diagnose(output, 'testing').code, code, output);
});

test('diagnose() carries the remedy and the last lines, not the whole log', () => {
  const log = Array.from({ length: 100 }, (_, i) => `line ${i}`).join('\n');
  const error = diagnose(log, 'starting');
  assert.match(error.message, /To mend: .*DATABASE_URL/);
  assert.equal(error.serverLog.split('\n').length, 12);
  assert.match(error.message, /line 99/);
  assert.doesNotMatch(error.message, /line 87\b/);
});

test('diagnoseSystem() explains a full disk and passes other errors on', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const explained = diagnoseSystem(full, 'writing');
  assert.ok(explained instanceof DatabaseStartError);
  assert.equal(explained.code, 'disk-full');
  const other = new TypeError('x');
  assert.equal(diagnoseSystem(other, 'writing'), other);
});
