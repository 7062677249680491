// A writer whose disk has less free than the operator demands: bets wait, and what ends or stops things goes through.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { deriveId, makeId } from '#core/base/ids.ts';
import { betIdOf, commandIdOf } from '#core/bets/bet-id.ts';
import type { Command, Lane, Via } from '#core/kernel/command.ts';
import { type Answer, encodeEnvelope } from '#engine/envelope.ts';
import { silentLog } from '#ports/log.ts';
import { diskHasRoom } from '#api/readiness.ts';
import { openContext } from '../context.ts';
import { readEnvironment } from '../environment.ts';
import { MAIN_LEDGER } from '../ledgers.ts';
import { makeRuntime } from '../runtime.ts';
import { watchDisk } from './disk-watch.ts';
import { startWriterRole } from './writer-role.ts';

const root = mkdtempSync(join(tmpdir(), 'palpite-full-'));
chmodSync(root, 0o755); // as root the server runs as another account, which must get in
after(() => rmSync(root, { recursive: true, force: true }));

const EVENT = 'fb:E0:20300101:alpha:beta';
const ANA = deriveId('usr', 1, 'ana');
const TENANT = deriveId('ten', 1, 'tenant');

test(
  'on a disk that is nearly full bets and grants are refused; halts, markets and results are not',
  { timeout: 120_000 },
  async () => {
    const environment = readEnvironment({ PALPITE_DATA: join(root, 'data'), DISK_FREE_MIN_MB: '1000000000' });
    const context = await openContext({ environment, log: silentLog });
    const runtime = await makeRuntime(context, () => undefined);
    const role = await startWriterRole(runtime);
    const ask = async (cmd: Command, lane: Lane, via: Via): Promise<string> => {
      const actor = { ownerId: ANA, tenantId: TENANT, via };
      const commandId = cmd.type === 'PlaceBet' ? commandIdOf(cmd.betId) : makeId('cmd', Date.now(), randomBytes(10));
      const answer = JSON.parse(
        await runtime.commands.submit(encodeEnvelope({ commandId, ledgerId: MAIN_LEDGER, actor, lane, cmd })),
      ) as Answer;
      return answer.result === 'done' ? 'done' : `${answer.result.code} ${answer.result.retryAfterMs}`;
    };
    const betId = betIdOf(makeId('cmd', Date.now(), randomBytes(10)));
    const legs = [{ marketId: `${EVENT}/1x2`, selectionId: 'home' }];
    const bet = { type: 'PlaceBet', betId, holder: ANA, legs, stakeMinor: 100, minOddsMilli: 1_100, quoteSeq: 1 } as const;
    const scores = [{ period: 'ft', stat: 'goals', home: 1, away: 0 }];
    const facts = { eventId: EVENT, source: 'test', version: 1, observedAt: Date.now(), status: 'finished' } as const;
    try {
      assert.equal(await ask(bet, 'people', 'api'), 'storage_full 10000');
      assert.equal(await ask(bet, 'bots', 'bot'), 'storage_full 10000');
      const grant = { type: 'IssueFunds', holder: ANA, ownerId: ANA, tenantId: TENANT, amountMinor: 1 } as const;
      assert.equal(await ask(grant, 'people', 'operator'), 'storage_full 10000');
      assert.equal(await ask({ type: 'Halt', scope: 'bets', reason: 'disk' }, 'control', 'operator'), 'done');
      const market = { type: 'OpenMarket', marketId: `${EVENT}/1x2`, startAt: Date.now() + 60_000 } as const;
      assert.equal(await ask(market, 'facts', 'feed'), 'done');
      const result = { ...facts, completedPeriods: ['ft'], scores } as const;
      assert.equal(await ask({ type: 'RecordResult', result }, 'facts', 'feed'), 'done');
      assert.match((await runtime.metrics.export()).text, /^palpite_disk_low 1$/m);
      const disk = await watchDisk(runtime);
      const ready = await diskHasRoom(disk).check();
      assert.equal(ready.ok, false);
      assert.match(ready.detail, /^\d+ MiB free: bets are refused$/);
      disk.stop();
    } finally {
      await role.stop();
      runtime.commands.close();
      await runtime.bus.close();
      await context.close();
    }
  },
);
