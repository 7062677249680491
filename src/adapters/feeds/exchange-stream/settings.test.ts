import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readExchangeSettings } from './settings.ts';

const GIVEN = { EXCHANGE_STREAM: 'stream.example', EXCHANGE_APP_KEY: 'k', EXCHANGE_SESSION: 's' };

test('readExchangeSettings() is off without an address, whatever else is set', () => {
  assert.equal(readExchangeSettings({}), null);
  assert.equal(readExchangeSettings({ ...GIVEN, EXCHANGE_STREAM: '' }), null);
});

test('readExchangeSettings() reads address, secrets and subscription', async () => {
  const settings = readExchangeSettings({
    ...GIVEN,
    EXCHANGE_STREAM: 'stream.example:8443',
    EXCHANGE_SUBSCRIPTION: '{"marketFilter":{"marketIds":["1.1"]},"heartbeatMs":1000}',
  });
  assert.deepEqual([settings?.host, settings?.port], ['stream.example', 8_443]);
  assert.deepEqual(settings?.subscription, { marketFilter: { marketIds: ['1.1'] }, heartbeatMs: 1_000 });
  assert.deepEqual(await settings?.credentials(), { appKey: 'k', session: 's' });
  assert.equal(readExchangeSettings(GIVEN)?.port, 443);
});

test('a session in a file is read anew each time', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'secret-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'session');
  const { EXCHANGE_SESSION: _, ...rest } = GIVEN;
  const settings = readExchangeSettings({ ...rest, EXCHANGE_SESSION_FILE: file });
  writeFileSync(file, 'first\n');
  assert.equal((await settings?.credentials())?.session, 'first');
  writeFileSync(file, 'second\n');
  assert.equal((await settings?.credentials())?.session, 'second');
  writeFileSync(file, '\n');
  await assert.rejects(settings?.credentials() ?? Promise.resolve(), /EXCHANGE_SESSION is empty/);
});

test('readExchangeSettings() names every fault and no secret', () => {
  const faulty = {
    EXCHANGE_STREAM: 'a:b:c',
    EXCHANGE_APP_KEY: 'hush',
    EXCHANGE_APP_KEY_FILE: '/x',
    EXCHANGE_SUBSCRIPTION: '{"heartbeatMs":1}',
  };
  assert.throws(
    () => readExchangeSettings(faulty),
    (error: Error) =>
      ['host:port', 'only one of EXCHANGE_APP_KEY', 'set EXCHANGE_SESSION', 'marketFilter', 'heartbeatMs'].every((part) =>
        error.message.includes(part),
      ) && !error.message.includes('hush'),
  );
});
