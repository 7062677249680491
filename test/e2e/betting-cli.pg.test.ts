// Everything that an operator of betting can say at the command line, said beside a running arena: each subcommand has its effect there, and one bad
// call of it says what is wrong, changes nothing and ends with the right code.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeId } from '#core/base/ids.ts';
import type { Command } from '#core/kernel/command.ts';
import { marketRules } from '#core/pools/pools-for-tests.ts';
import type { PlatformContext } from '#roles/context.ts';
import { sendCommand } from '#roles/operator-commands.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { type Bettor, makeBettors } from './bettors.ts';
import { Cluster } from './cluster.ts';
import { type Called, callProgram } from './command-line.ts';

const GROUPS = ['desk', 'settlement', 'pools', 'dispute', 'confirmation', 'pricing', 'combinable', 'play'];
const ROOT = join(import.meta.dirname, '..', '..');
const STARTS = new Date(Date.now() + 3_600_000).toISOString();
const DAY = STARTS.slice(0, 10).replaceAll('-', '');
const RACE = `hr:ascot:${DAY}:1500:-`;
const [WIN, PLACE] = [`${RACE}/win`, `${RACE}/place`];
const RAIN = `q:weather:${DAY}:rain:-/yesno`;
const SNOW = `q:weather:${DAY}:snow:-/yesno`;
const WIND = `q:weather:${DAY}:wind:-/yesno`;

let cluster: Cluster;
let context: PlatformContext;
let ana: Bettor;
let bea: Bettor;
let operator: { readonly ownerId: string; readonly tenantId: string };
/** Subcommands that ended well, and those that were called badly. */
const done = new Set<string>();
const refused = new Set<string>();
const supplier = { answer: 'away' as 'away' | 'confirm' | 'late', url: '', stop: () => {} };

before(async () => {
  await startSupplier();
  cluster = await Cluster.start({ members: [[]], env: { BOTS: '0', CONFIRM_URL: supplier.url } });
  Object.assign(process.env, cluster.env);
  context = await cluster.context();
  ({ owner: operator } = await context.keys.createOperator());
  [ana, bea] = (await makeBettors(context, 2)) as [Bettor, Bettor];
});
after(async () => {
  await context?.close();
  await cluster?.remove();
  supplier.stop();
});

/** A supplier that is away, takes every bet, or takes it when it is too late. */
async function startSupplier(): Promise<void> {
  const server = createServer((request, response) => {
    const answer = { status: 'CONFIRMED', providerRef: 'ref1', at: Date.now() };
    const say = (status: number): void => void response.writeHead(status).end(JSON.stringify(answer));
    request.resume();
    if (supplier.answer === 'away') say(503);
    else if (supplier.answer === 'confirm') say(200);
    else setTimeout(() => say(200), 2_000);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  supplier.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  supplier.stop = () => void server.close();
}

/** The words before the first argument: `desk race`. */
const nameOf = (args: readonly string[]): string => args.slice(0, 2).join(' ');

async function ok(...args: string[]): Promise<string> {
  const { code, err, out } = await callProgram(args);
  assert.equal(code, 0, `${args.join(' ')}: ${err}${out}`);
  done.add(nameOf(args));
  return out.trim();
}
// oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, judged by what is compared
async function json(...args: string[]): Promise<any> {
  return JSON.parse(await ok(...args, '--json'));
}
/** A call that must fail with this code and say this; nothing on standard output. */
async function bad(code: number, says: RegExp, ...args: string[]): Promise<void> {
  const called: Called = await callProgram(args);
  assert.equal(called.code, code, `${args.join(' ')}: ${called.err}${called.out}`);
  assert.match(called.err, says, args.join(' '));
  assert.equal(called.out, '', args.join(' '));
  refused.add(nameOf(args));
}

async function call(key: string, line: string, body?: object) {
  const [method = '', path = ''] = line.split(' ');
  const headers = { authorization: `Bearer ${key}`, 'idempotency-key': makeId('cmd', Date.now(), randomBytes(10)) };
  const init = body ? { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) } : { headers };
  const answer = await fetch(`${cluster.url}${path}`, { method, ...init });
  const text = await answer.text();
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as any, id: headers['idempotency-key'].slice(4) };
}
async function until<T>(what: string, look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (const end = Date.now() + 15_000; ; await sleep(25)) {
    const found = await look();
    if (found) return found;
    assert.ok(Date.now() < end, `waited in vain for: ${what}\n${cluster.troubles()}`);
  }
}
async function withKey(key: string | undefined, act: () => Promise<unknown>): Promise<void> {
  if (key !== undefined) process.env.PALPITE_KEY = key;
  try {
    await act();
  } finally {
    delete process.env.PALPITE_KEY;
  }
}
/** Asks the ledger for what no command of the command line asks. */
async function send(cmd: Command): Promise<void> {
  const answer = await sendCommand(context, { cmd, lane: 'control', ...operator });
  assert.equal(answer.result, 'done', JSON.stringify(answer));
}

interface Item {
  readonly marketId: string;
  readonly quoteSeq: number;
  readonly prices: readonly { readonly selectionId: string; readonly oddsMilli: number }[];
}
const eventOf = (marketId: string): string => marketId.slice(0, marketId.indexOf('/'));
async function quote(marketId: string, fits: (item: Item) => boolean = () => true): Promise<Item> {
  return until(`a price of ${marketId}`, async () => {
    const odds = await call(ana.apiKey, `GET /v1/events/${eventOf(marketId)}/odds`);
    return (odds.body.items as Item[] | undefined)?.find(
      (item) => item.marketId === marketId && item.prices.length > 0 && fits(item),
    );
  });
}
async function status(marketId: string, wanted: string): Promise<void> {
  await until(`${marketId} being ${wanted}`, async () => {
    const markets = await call(ana.apiKey, `GET /v1/events/${eventOf(marketId)}/markets`);
    return (markets.body.items as { marketId: string; status: string }[] | undefined)?.some(
      (item) => item.marketId === marketId && item.status === wanted,
    );
  });
}
interface Wish {
  readonly who?: Bettor;
  readonly stakeMinor?: number;
  readonly eachWay?: boolean;
}
/** Asks again while the writer has not heard of the price: what is not known here yet is refused there for a moment. */
async function bet(marketId: string, selectionId: string, { eachWay, stakeMinor = 1_000, who = ana }: Wish = {}) {
  const { quoteSeq } = await quote(marketId);
  const leg = { legs: [{ marketId, selectionId }], stakeMinor, minOddsMilli: 1_001, quoteSeq };
  return call(who.apiKey, 'POST /v1/bets', { ...leg, ...(eachWay ? { eachWay } : {}) });
}
async function placed(marketId: string, selectionId: string, wish: Wish = {}): Promise<string> {
  const { body, id, status: code } = await bet(marketId, selectionId, wish);
  assert.equal(code, 201, JSON.stringify(body));
  return `bet_${id}`;
}
async function betState(who: Bettor, betId: string, wanted: string) {
  return until(`${betId} being ${wanted}`, async () => {
    const { body } = await call(who.apiKey, `GET /v1/bets/${betId}`);
    return body.status === wanted ? body : null;
  });
}

test('the desk makes races and questions, from a file and by hand', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'palpite-cli-'));
  const header = 'sport,competition,home,startAt,market,odds,places,eachWay';
  const good = join(folder, 'good.csv');
  const wrong = join(folder, 'wrong.csv');
  await writeFile(
    good,
    `${header}\nhr,ascot,1600,${STARTS},win,elf=2 fay=3 gil=4,,1/5 2\nq,weather,wind,${STARTS},yesno,yes=2 no=1.9,,\n`,
  );
  await writeFile(wrong, `${header}\nhr,ascot,1700,${STARTS},place,elf=2 fay=3 gil=4,,\n`);
  assert.match(await ok('desk', 'import', good, '--dry-run'), /^would make 2 fixtures and 2 markets of 2 rows$/m);
  assert.match(await ok('desk', 'import', good), /^made 2 fixtures and 2 markets of 2 rows$/m);
  await bad(1, /wrong\.csv:2: places: malformed/, 'desk', 'import', wrong);

  const weather = ['--competition', 'weather', '--closes', STARTS];
  assert.match(
    await ok('desk', 'question', 'rain', ...weather, '--probability', '0.5', '--title', 'Will it rain?'),
    /rain:-\/yesno is open/,
  );
  assert.equal((await json('desk', 'question', 'snow', ...weather, '--probability', '0.5')).marketIds[0], SNOW);
  await bad(2, /must lie between 0 and 1/, 'desk', 'question', 'hail', ...weather, '--probability', '2');

  const ascot = ['--competition', 'ascot', '--starts', STARTS];
  const prices = ['asti=2.5', 'bay=3', 'colt=6.5', 'dun=8'];
  assert.equal(await ok('desk', 'race', '1500', ...prices, ...ascot, '--each-way', '1/4 2'), `${WIN} is open for prices`);
  const places = ['asti=1.4', 'bay=1.5', 'colt=2.4', 'dun=2.8'];
  assert.equal(
    (await json('desk', 'race', '1500', ...places, ...ascot, '--market', 'place', '--places', '2')).marketIds[0],
    PLACE,
  );
  await bad(
    1,
    /refused: malformed at \/eachWay\/places \(need 4\)\n.*--help/,
    'desk',
    'race',
    '1800',
    ...prices,
    ...ascot,
    '--each-way',
    '1/4 9',
  );
  await bad(2, /part of the odds and places/, 'desk', 'race', '1800', ...prices, ...ascot, '--each-way', 'half');
  await bad(2, /asti is not selection=odds/, 'desk', 'race', '1800', 'asti', ...ascot);
  assert.match(await ok('desk', 'show', RACE), /"eachWay":\{"divisor":4,"places":2\}/);
  await bad(1, /the desk has no fixture hr:x:1:y:-/, 'desk', 'show', 'hr:x:1:y:-');
  for (const marketId of [WIN, PLACE, RAIN, SNOW, WIND]) await status(marketId, 'open');
});

test('the desk prices, suspends, limits and looks', { timeout: 60_000 }, async () => {
  assert.equal(await ok('desk', 'price', RAIN, 'yes=2.2', 'no=1.7'), `${RAIN}: yes 2.200  no 1.700`);
  await quote(RAIN, ({ prices }) => prices.some(({ oddsMilli }) => oddsMilli === 2_200));
  await bad(2, /named twice/, 'desk', 'price', RAIN, 'yes=2.2', 'yes=1.7');
  await ok('desk', 'withdraw', RAIN, '--selection', 'no');
  await quote(RAIN, ({ prices }) => prices.length === 1);
  await bad(1, /already_resolved at \/selectionId/, 'desk', 'withdraw', RAIN, '--selection', 'no');

  assert.match(await ok('desk', 'suspend', 'q:weather', '--reason', 'storm'), /^q:weather: suspended \(seq \d+\)$/);
  assert.equal((await bet(RAIN, 'yes')).body.code, 'market_suspended');
  await bad(1, /refused: not_found at \/target/, 'desk', 'suspend', 'Nothing/at/all');
  await bad(2, /must be one word/, 'desk', 'reopen', 'q:weather', '--reason', 'the storm is over');
  await ok('desk', 'reopen', 'q:weather', '--reason', 'over');

  await ok('desk', 'limit', RAIN, '--stake', '5000', '--review', '2000');
  assert.equal((await bet(RAIN, 'yes', { stakeMinor: 5_001 })).body.code, 'limit_market');
  await bad(2, /must be a whole number/, 'desk', 'limit', RAIN, '--stake', '-1');
  await placed(RAIN, 'yes', { who: bea });
  await ok('desk', 'factor', bea.ownerId, '0');
  assert.equal((await bet(RAIN, 'yes', { who: bea })).status, 422);
  await bad(1, /refused: malformed at \/ownerId/, 'desk', 'factor', 'bea', '0');
  await ok('desk', 'factor', bea.ownerId, '1000000');

  const taken = await placed(RAIN, 'yes', { stakeMinor: 3_000 });
  const given = await placed(RAIN, 'yes', { stakeMinor: 2_500 });
  assert.deepEqual(
    (await json('desk', 'bets')).map(({ betId }: { betId: string }) => betId),
    [taken, given],
  );
  await bad(2, /must begin with a-z/, 'desk', 'bets', '--ledger', 'Main!');
  await ok('desk', 'accept', taken);
  await ok('desk', 'reject', given, '--reason', 'too_much');
  await bad(1, /already_resolved/, 'desk', 'accept', taken);
  await bad(1, /already_resolved/, 'desk', 'reject', given);
  await betState(ana, taken, 'accepted');
  assert.match(await ok('desk', 'bets'), /no bet waits/);
  // 1,000 and 3,000 at 2.2: 8,800 to pay, 4,000 staked.
  const [row] = await json('desk', 'liability');
  assert.deepEqual([row.target, row.bets, row.stakesMinor, row.worstLossMinor], [RAIN, 2, 4_000, 4_800]);
  assert.match(await ok('desk', 'liability', RAIN), /"selectionId":"yes","bets":2/);
  await bad(1, /main has no market q:x:1:y:-\/yesno/, 'desk', 'liability', 'q:x:1:y:-/yesno');
});

test('a race loses a runner, ends, and pays each way', { timeout: 60_000 }, async () => {
  await placed(WIN, 'asti', { eachWay: true, stakeMinor: 2_000 });
  await placed(PLACE, 'bay');
  assert.match(await ok('desk', 'non-runner', WIN, 'dun', '--price', '8'), /dun does not run/);
  await bad(1, /already_resolved at \/selectionId/, 'desk', 'non-runner', WIN, 'dun', '--price', '8');
  await bad(1, /not_found at \/places\/1/, 'desk', 'close', RACE, 'bay', 'grey');
  assert.match(await ok('desk', 'close', RACE, 'bay', 'asti', '--unplaced', 'colt'), /its markets are being settled/);
  await status(WIN, 'settled');
  await status(PLACE, 'settled');
  // 7/1 withdrawn: 10p in the pound. Each way, second: 20.00 on the win are lost, 20.00 x (1 + 1.5 / 4 x 0.9) = 26.75. Bay placed at 1.5, and nobody
  // left the market of the places: 15.00.
  const paid = async (marketId: string): Promise<number> => {
    const { body } = await call(ana.apiKey, 'GET /v1/bets');
    const found = (body.items as { legs: { marketId: string }[]; status: string; return: { amountMinor: number } | null }[]).find(
      ({ legs }) => legs[0]?.marketId === marketId,
    );
    return found?.return?.amountMinor ?? -1;
  };
  await until('the payouts', async () => (await paid(WIN)) >= 0 && (await paid(PLACE)) >= 0);
  assert.deepEqual([await paid(WIN), await paid(PLACE)], [2_675, 1_500]);
});

test('a settlement is previewed, made, corrected by two people, and disputed', { timeout: 60_000 }, async () => {
  const { betId, disputeId } = await settleAndDispute();
  await ok('dispute', 'review', disputeId);
  await bad(1, /refused: /, 'dispute', 'review', 'dsp_00000000000000000000000000');
  await bad(2, /must be upheld or rejected/, 'dispute', 'decide', disputeId, 'maybe');
  await ok('dispute', 'decide', disputeId, 'upheld', '--goodwill', '500', '--reason', 'late_price');
  assert.match(await ok('dispute', 'list'), /nothing waits/);
  await bad(1, /there is no ledger nowhere; `npx palpite ledger list`/, 'dispute', 'list', '--ledger', 'nowhere');

  assert.match(await ok('settlement', 'rules'), /^default .*abandoned=/m);
  await bad(2, /must begin with a-z/, 'settlement', 'rules', '--ledger', '7');
  await ok('settlement', 'rule', 'q', 'abandoned=nothing');
  assert.match(await ok('settlement', 'rules'), /^q {2}abandoned=nothing/m);
  await bad(2, /say each rule once/, 'settlement', 'rule', 'q', 'weather=good');

  // Above the limit a second person must agree.
  await send({ type: 'SetLimits', limits: { approvalAboveMinor: 1 } });
  const olga = await context.keys.addOperator('olga');
  for (const decision of ['reject', 'approve'] as const) {
    await ok('settlement', 'correct', RAIN, 'yes=lost', 'no=won', '--reason', 'it_was_dry');
    const [proposal] = await json('settlement', 'list');
    assert.equal(proposal.marketId, RAIN);
    if (decision === 'reject')
      await bad(1, /must be a usr_ id|not_found/, 'settlement', 'reject', 'prp_00000000000000000000000000');
    // Nobody agrees to a proposal of his own, nor without saying who he is.
    else await bad(1, /a key of its own/, 'settlement', 'approve', proposal.proposalId);
    await withKey(decision === 'approve' ? olga.apiKey : undefined, () => ok('settlement', decision, proposal.proposalId));
  }
  assert.match(await ok('settlement', 'list'), /nothing waits/);
  await bad(2, /unknown option/, 'settlement', 'list', '--all');
  await send({ type: 'SetLimits', limits: { approvalAboveMinor: 10_000_000 } });
  await until('the correction', async () => (await call(ana.apiKey, `GET /v1/bets/${betId}`)).body.return?.amountMinor === 0);
});

test('a market whose window is over is brought back and corrected', { timeout: 60_000 }, async () => {
  const hail = `q:weather:${DAY}:hail:-/yesno`;
  await ok('desk', 'question', 'hail', '--competition', 'weather', '--closes', STARTS, '--probability', '0.5');
  const betId = await placed(hail, 'yes');
  await betState(ana, betId, 'accepted');
  await bad(1, /refused: /, 'settlement', 'recall', hail); // it is not settled yet
  await send({ type: 'SetLimits', limits: { correctionWindowMs: 1 } });
  await ok('settlement', 'correct', hail, 'yes=lost', 'no=won');
  await betState(ana, betId, 'settled');
  await until(
    'the end of the window',
    async () => (await callProgram(['settlement', 'preview', hail, 'yes=won', 'no=lost'])).code !== 0,
  );
  await send({ type: 'SetLimits', limits: { correctionWindowMs: 172_800_000 } });
  await ok('settlement', 'recall', hail);
  await ok('settlement', 'correct', hail, 'yes=won', 'no=lost', '--reason', 'it_did');
  const returned = async () => (await call(ana.apiKey, `GET /v1/bets/${betId}`)).body.return?.amountMinor as number;
  await until('the correction', async () => (await returned()) > 1_000);
});

async function settleAndDispute(): Promise<{ betId: string; disputeId: string }> {
  const open = await call(ana.apiKey, 'GET /v1/bets?status=accepted');
  const { betId } = (open.body.items as { betId: string; legs: { marketId: string }[] }[]).find(
    ({ legs }) => legs[0]?.marketId === RAIN,
  ) as { betId: string };
  const seen = await json('settlement', 'preview', RAIN, 'yes=won', 'no=lost');
  assert.deepEqual([seen.bets, seen.stakedMinor, seen.returnedAfterMinor], [2, 4_000, 8_800]);
  await bad(2, /name every selection/, 'settlement', 'preview', RAIN, 'yes=won');
  await ok('settlement', 'correct', RAIN, 'yes=won', 'no=lost', '--preview', seen.previewHash);
  await bad(1, /version_conflict/, 'settlement', 'correct', RAIN, 'yes=lost', 'no=won', '--preview', seen.previewHash);
  await bad(2, /not both/, 'settlement', 'correct', RAIN, 'yes=lost', '--take-back');
  await betState(ana, betId, 'settled');
  const evidenceHash = createHash('sha256').update('a photograph').digest('hex');
  const disputed = await call(ana.apiKey, 'POST /v1/disputes', { betId, evidenceHash, reason: 'wrong_odds' });
  assert.equal(disputed.status, 201, JSON.stringify(disputed.body));
  const [waits] = await json('dispute', 'list');
  assert.equal(waits.disputeId, disputed.body.disputeId);
  return { betId, disputeId: waits.disputeId };
}

test('pools are shown, scratched, resolved and given back', { timeout: 60_000 }, async () => {
  const key = (await context.keys.createKey({ ownerId: operator.ownerId, scopes: ['read', 'bet', 'operate'], label: 'pools' }))
    .apiKey;
  const rules = marketRules({ maxUnitsPerOwner: 100 });
  const startAt = new Date(Date.now() + 5_000).toISOString(); // all enter before it, also on a machine with much else to do
  const pool = async (start: string): Promise<string> => {
    const market = { bet: 'win', eventId: `hr:ascot:${DAY}:1900:-`, runners: ['red', 'blue', 'grey'], startAt: start };
    const opened = await call(key, 'POST /v1/operator/pools', { rules, market, holder: ana.ownerId });
    assert.equal(opened.status, 201, JSON.stringify(opened.body));
    return opened.body.poolId as string;
  };
  const [raced, given] = [await pool(startAt), await pool(STARTS)];
  for (const [who, selectionId] of [
    [ana, 'red'],
    [bea, 'blue'],
  ] as const)
    for (const id of [raced, given]) {
      const entered = await call(who.apiKey, `POST /v1/pools/${id}/entries`, { units: 10, selectionId });
      assert.equal(entered.status, 201, JSON.stringify(entered.body));
    }
  await ok('pools', 'scratch', raced, 'grey');
  await bad(1, /refused: /, 'pools', 'scratch', raced, 'nobody');
  await ok('pools', 'void', given, 'mistake');
  await bad(2, /must be pool_/, 'pools', 'void', 'pool_1', 'mistake');
  await until('the lock', async () => (await json('pools', 'show', raced)).status === 'locked');
  await ok('pools', 'resolve', raced, 'blue', 'red');
  await bad(1, /refused: not_found at \/poolId/, 'pools', 'resolve', 'pool_00000000000000000000000000', 'blue');
  const paid = await until('the dividend', async () => {
    const shown = await json('pools', 'show', raced);
    return shown.paidMinor > 0 || shown.declared ? shown : null;
  });
  assert.equal(paid.entries, 2);
  await bad(1, /there is no pool/, 'pools', 'show', 'pool_00000000000000000000000000');
  await until('the refund', async () => (await ok('pools', 'list')).includes(`${given}  parimutuel  public  closed`));
  await bad(2, /unknown option/, 'pools', 'list', '--state', 'open');
});

test('bets wait for the supplier, and late answers are flagged', { timeout: 60_000 }, async () => {
  await ok('confirmation', 'require', 'market', SNOW);
  await bad(1, /already_resolved/, 'confirmation', 'require', 'market', SNOW);
  assert.deepEqual(await json('confirmation', 'list', '--where'), [`market ${SNOW}`]);
  const betId = await placed(SNOW, 'yes');
  const [waits] = await json('confirmation', 'list');
  assert.equal(waits.betId, betId);
  assert.match(await ok('confirmation', 'show', betId), /waits for the supplier until/);
  supplier.answer = 'confirm';
  await betState(ana, betId, 'accepted');
  assert.match(await ok('confirmation', 'show', betId), /ended: confirmed/);
  await bad(1, /there is no ledger nowhere/, 'confirmation', 'list', '--ledger', 'nowhere');
  await bad(1, /knows of no answer about bet_0/, 'confirmation', 'show', 'bet_00000000000000000000000000');

  supplier.answer = 'late';
  await send({ type: 'SetLimits', limits: { supplierAnswerMs: 1_000 } });
  const late = await placed(SNOW, 'no');
  await betState(ana, late, 'rejected');
  const [flagged] = await until('the flag', async () => {
    const rows = await json('confirmation', 'flagged');
    return rows.length > 0 ? rows : null;
  });
  assert.deepEqual([flagged.betId, flagged.status, flagged.ended], [late, 'confirmed', 'timed_out']);
  assert.match(await ok('confirmation', 'show', late), /confirmed at .*, but it was timed_out {2}ref ref1/);
  await bad(2, /must be a whole number/, 'confirmation', 'flagged', '--limit', 'many');
  await ok('confirmation', 'waive', 'market', SNOW);
  await bad(2, /Allowed choices are ledger, market, source/, 'confirmation', 'waive', 'sport', 'q');
  supplier.answer = 'confirm';
});

test('the house prices a market, legs are kept apart, and people are limited', { timeout: 60_000 }, async () => {
  const maker = ['--rule', 'market-maker', '--liquidity', '100000', '--payout-max', '20000'];
  assert.match(await ok('pricing', 'set', WIND, 'yes=0.6', 'no=0.4', ...maker), /is priced by market-maker/);
  // 100,000 x ln(1 / 0.4) = 91,629.07
  assert.match(await ok('pricing', 'list'), /market-maker {2}loss 0 of at most 9163\d/);
  const shown = await json('pricing', 'show', WIND);
  assert.deepEqual([shown.pricing.reference, shown.prices.length], [{ no: 400_000, yes: 600_000 }, 2]);
  await quote(WIND, ({ prices }) => prices.some(({ oddsMilli }) => oddsMilli === shown.prices[0].oddsMilli));
  await bad(
    1,
    /refused: malformed at \/pricing\/reference \(have 900000, need 1000000\)/,
    'pricing',
    'set',
    WIND,
    'yes=0.6',
    'no=0.3',
    ...maker,
  );
  await bad(2, /balance needs --scale/, 'pricing', 'set', WIND, 'yes=0.6', 'no=0.4', '--rule', 'balance');
  await bad(1, /main has no market/, 'pricing', 'show', 'q:x:1:y:-/yesno');
  await ok('pricing', 'end', WIND);
  await bad(1, /already_resolved at \/pricing/, 'pricing', 'end', WIND);
  assert.match(await ok('pricing', 'list'), /no market has a rule/);
  await bad(1, /there is no ledger nowhere/, 'pricing', 'list', '--ledger', 'nowhere');

  await ok('combinable', 'forbid', SNOW);
  await bad(1, /already_resolved/, 'combinable', 'forbid', SNOW);
  assert.deepEqual(await json('combinable', 'list'), [SNOW]);
  await ok('combinable', 'allow', SNOW);
  await bad(1, /not_found at \/marketId/, 'combinable', 'allow', 'q:x:1:y:-/yesno');
  await bad(2, /unknown option/, 'combinable', 'list', '--sport', 'q');

  await ok('play', 'limit', bea.ownerId, 'stake', 'day', '100');
  assert.deepEqual((await json('play', 'show', bea.ownerId)).limits, [
    { kind: 'stake', period: 'day', setBy: 'operator', value: 100, waiting: null },
  ]);
  assert.equal((await bet(SNOW, 'yes', { who: bea })).body.code, 'limit_user');
  await bad(2, /Allowed choices are day, week, month/, 'play', 'limit', bea.ownerId, 'stake', 'year', '100');
  await bad(2, /must be a usr_ id/, 'play', 'show', 'bea');
  assert.match(await ok('play', 'exclude', bea.ownerId), /is excluded for good/);
  assert.equal((await bet(SNOW, 'yes', { who: bea, stakeMinor: 10 })).body.code, 'self_excluded');
  await bad(2, /must be a time in UTC/, 'play', 'exclude', bea.ownerId, '--until', 'tomorrow');
  await ok('play', 'exclude', bea.ownerId, '--lift');
});

test('the real program says the same, and every subcommand was called well and badly', { timeout: 60_000 }, async () => {
  const calls = [
    [0, ['desk', 'liability', '--json']],
    [1, ['pricing', 'end', WIND]],
    [2, ['desk', 'price', RAIN, 'yes']],
  ] as const;
  const codes = await Promise.all(
    calls.map(([, args]) => {
      const child = spawn(process.execPath, ['bin/palpite.js', ...args], { cwd: ROOT, stdio: 'ignore' });
      return new Promise((ended) => child.on('exit', ended));
    }),
  );
  assert.deepEqual(codes, [0, 1, 2]);
  const all = buildProgram()
    .commands.filter((group) => GROUPS.includes(group.name()))
    .flatMap((group) => group.commands.map((command) => `${group.name()} ${command.name()}`));
  assert.ok(all.length > 35, `${all.length} subcommands`);
  assert.deepEqual(
    all.filter((name) => !done.has(name)),
    [],
    'never called well',
  );
  assert.deepEqual(
    all.filter((name) => !refused.has(name)),
    [],
    'never called badly',
  );
});
