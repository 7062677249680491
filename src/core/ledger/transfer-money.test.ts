// Money between ledgers, against a naive oracle: plain balances of people and a list of what is on its way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { stateHash } from '#engine/state/snapshot.ts';
import type { ReasonCode } from '../base/refusal.ts';
import type { SendTransfer } from '../kernel/command.ts';
import { type Decision, isRefusal } from '../kernel/event.ts';
import { initialShard, type ShardState } from '../kernel/state.ts';
import { ANA, answerOf, BEA, BOT, DNA_HASH, idOf, NOON, TENANT } from '../kernel/world-for-tests.ts';
import { Ledgers } from '../../../test/engine/ledgers.ts';
import { transferIdOf } from './transfer-money.ts';
import { TRANSFER_LIFE_MS, TRANSFERS_OPEN_PER_HOLDER_MAX, type OpenTransfer } from './transfers.ts';

const LIMIT = 2 ** 52;
const HUGE = 2 ** 50;

function mainAndArena(): Ledgers {
  const ledgers = new Ledgers('main', 'arena');
  ledgers.fund('main', ANA, 1_000);
  ledgers.fund('main', BEA, 1_000);
  return ledgers;
}

const codeOf = (decision: Decision): ReasonCode | string => answerOf(decision);

test('a transfer leaves one ledger, arrives in the other and is confirmed; transit accounts net to 0', () => {
  const ledgers = mainAndArena();
  assert.equal(codeOf(ledgers.send('main')), 'TransferSent');
  assert.deepEqual([ledgers.available('main', ANA), ledgers.transit('main', 'arena')], [900, 100]);
  const sent = ledgers.sent('main');
  assert.equal(codeOf(ledgers.receive('main', sent)), 'TransferReceived');
  assert.deepEqual([ledgers.available('arena', ANA), ledgers.transit('arena', 'main')], [100, -100]);
  const confirm = { type: 'ConfirmTransfer', transferId: sent.transferId } as const;
  assert.equal(codeOf(ledgers.ask('main', confirm)), 'TransferConfirmed');
  assert.equal(codeOf(ledgers.ask('main', confirm)), 'already_resolved');
  assert.equal(codeOf(ledgers.ask('main', { ...confirm, type: 'ReturnTransfer', reason: 'x' })), 'already_resolved');
  assert.equal(ledgers.of('main').transfers.openCount, 0);
  assert.equal(ledgers.transit('main', 'arena') + ledgers.transit('arena', 'main'), 0);
});

test('a transfer has the characters of its command', () => {
  const ledgers = mainAndArena();
  const decision = ledgers.send('main');
  assert.ok(!isRefusal(decision));
  assert.equal(ledgers.sent('main').transferId.slice(4), decision[0]?.commandId.slice(4));
  assert.equal(transferIdOf(idOf('cmd', 'x')), `trf_${idOf('cmd', 'x').slice(4)}`);
});

test('sendTransfer() refuses what cannot be sent, with its reason, and changes nothing', () => {
  const ledgers = mainAndArena();
  const carl = idOf('usr', 'carl');
  const before = stateHash(ledgers.shards.get('main') as ShardState);
  for (const [change, code] of [
    [{ toLedger: 'main' }, 'same_ledger'],
    [{ toLedger: 'Not a ledger' }, 'malformed'],
    [{ toHolder: 'ana' }, 'malformed'],
    [{ currency: 'BRL' }, 'currency_mismatch'],
    [{ amountMinor: 0 }, 'step_invalid'],
    [{ amountMinor: 0.5 }, 'step_invalid'],
    [{ amountMinor: 1_001 }, 'insufficient_funds'],
    [{ holder: carl }, 'not_found'],
    [{ holder: BEA }, 'not_found'], // somebody else's
  ] as const) {
    assert.equal(codeOf(ledgers.send('main', change as Partial<SendTransfer>)), code, JSON.stringify(change));
  }
  assert.equal(codeOf(ledgers.send('main', {}, { tenantId: 'ten_other' })), 'not_found');
  assert.equal(codeOf(ledgers.send('main', { holder: BEA }, { via: 'operator', tenantId: 'ten_other' })), 'not_found');
  assert.equal(codeOf(ledgers.send('main', {}, { via: 'bot' })), 'forbidden');
  assert.equal(stateHash(ledgers.shards.get('main') as ShardState), before);
  assert.equal(codeOf(ledgers.send('main', { holder: BEA }, { via: 'operator' })), 'TransferSent');
});

test('sendTransfer() refuses an excluded person, and more transfers on their way than a holder may have', () => {
  const ledgers = mainAndArena();
  ledgers.ask('main', { type: 'SetExclusion', ownerId: BEA, until: NOON + 1 });
  assert.equal(codeOf(ledgers.send('main', { holder: BEA }, { ownerId: BEA })), 'self_excluded');
  for (let i = 0; i < TRANSFERS_OPEN_PER_HOLDER_MAX; i++)
    assert.equal(codeOf(ledgers.send('main', { amountMinor: 1 })), 'TransferSent');
  assert.equal(codeOf(ledgers.send('main', { amountMinor: 1 })), 'limit_user');
  ledgers.ask('main', { type: 'ReturnTransfer', transferId: ledgers.sent('main').transferId, reason: 'not_found' });
  assert.equal(codeOf(ledgers.send('main', { amountMinor: 1 })), 'TransferSent');
});

test('receiveTransfer() takes a transfer once, and only while it can be remembered', () => {
  const ledgers = mainAndArena();
  ledgers.send('main');
  const sent = ledgers.sent('main');
  assert.equal(codeOf(ledgers.receive('main', sent)), 'TransferReceived');
  assert.equal(codeOf(ledgers.receive('main', sent)), 'already_resolved');
  ledgers.now += TRANSFER_LIFE_MS;
  assert.equal(codeOf(ledgers.receive('main', sent)), 'already_resolved');
  ledgers.now += 1;
  const later = { ...sent, transferId: idOf('trf', 'later'), sentAt: ledgers.now };
  assert.equal(codeOf(ledgers.receive('main', later)), 'TransferReceived'); // forgets the first
  assert.equal(ledgers.of('arena').transfers.receivedCount, 1);
  assert.equal(codeOf(ledgers.receive('main', sent)), 'key_expired');
  assert.equal(ledgers.available('arena', ANA), 200);
});

test('receiveTransfer() refuses for good what the ledger cannot hold, and returnTransfer() gives it back', () => {
  const ledgers = mainAndArena();
  ledgers.shards.set('reais', initialShard());
  ledgers.ask('reais', { type: 'OpenLedger', currency: 'BRL', moneyClass: 'real' });
  ledgers.ask('arena', { type: 'BirthBot', botId: BOT, ownerId: ANA, tenantId: TENANT, dnaHash: DNA_HASH });
  ledgers.ask('arena', { type: 'RetireBot', botId: BOT, reason: 'x' });
  ledgers.fund('arena', BEA, 5);
  for (const [change, code] of [
    [{ toLedger: 'nowhere' }, 'not_found'],
    [{ toLedger: 'reais' }, 'currency_mismatch'],
    [{ toHolder: BOT }, 'dead'],
    [{ toHolder: idOf('usr', 'carl') }, 'not_found'],
  ] as const) {
    assert.equal(codeOf(ledgers.send('main', change)), 'TransferSent');
    const sent = ledgers.sent('main');
    assert.equal(codeOf(ledgers.receive('main', sent)), code);
    const back = { type: 'ReturnTransfer', transferId: sent.transferId, reason: code } as const;
    assert.equal(codeOf(ledgers.ask('main', back, { via: 'operator' })), 'forbidden');
    assert.equal(codeOf(ledgers.ask('main', back)), 'TransferReturned');
    assert.deepEqual([ledgers.available('main', ANA), ledgers.transit('main', sent.toLedger)], [1_000, 0]);
  }
  ledgers.send('main', { toHolder: BEA });
  const foreign = ledgers.receive('main', ledgers.sent('main'), { tenantId: 'ten_other' });
  assert.equal(codeOf(foreign), 'not_found');
});

test('the money of one ledger stays within exact integers, however it came there', () => {
  const ledgers = new Ledgers('main', 'arena', 'third');
  for (let i = 0; i < 4; i++) ledgers.fund('main', ANA, HUGE);
  const move = (from: string, to: string): string => {
    const answer = codeOf(ledgers.send(from, { toLedger: to, amountMinor: HUGE }));
    if (answer !== 'TransferSent') return answer;
    const sent = ledgers.sent(from);
    const received = codeOf(ledgers.receive(from, sent));
    const close = received === 'TransferReceived' ? ({ type: 'ConfirmTransfer' } as const) : null;
    const back = { type: 'ReturnTransfer', reason: 'x' } as const;
    ledgers.ask(from, { ...(close ?? back), transferId: sent.transferId });
    return received;
  };
  for (let i = 0; i < 4; i++) assert.equal(move('main', 'arena'), 'TransferReceived');
  // Everything left main, and still no more may be issued there than is ever exact.
  const more = { type: 'IssueFunds', holder: ANA, ownerId: ANA, tenantId: TENANT, amountMinor: 1 } as const;
  assert.equal(codeOf(ledgers.ask('main', more)), 'limit_house');
  assert.equal(codeOf(ledgers.ask('arena', more)), 'limit_house'); // full already
  // Round and round through three ledgers: each transit account stops at its bound.
  for (let i = 0; i < 4; i++) assert.equal(move('arena', 'third'), 'TransferReceived');
  for (let i = 0; i < 4; i++) assert.equal(move('third', 'main'), 'TransferReceived');
  assert.equal(move('main', 'arena'), 'limit_house');
  assert.equal(ledgers.transit('main', 'arena'), LIMIT);
  assert.equal(ledgers.available('main', ANA), 4 * HUGE);
});

const step = fc.record({
  what: fc.constantFrom('send', 'carry', 'carry', 'carry', 'close', 'close'),
  from: fc.nat(2),
  to: fc.nat(3), // the last is never opened
  who: fc.constantFrom(ANA, BEA),
  amountMinor: fc.integer({ min: 0, max: 400 }),
  pick: fc.nat(20),
});

test('whatever is sent, carried twice, late or never, and closed: every cent is where the oracle says', () => {
  const names = ['main', 'arena', 'third', 'nowhere'];
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ledgers = new Ledgers(...names.slice(0, 3));
      const money = new Map<string, number>(); // `ledger person` -> minor units
      const add = (key: string, by: number): void => void money.set(key, (money.get(key) ?? 0) + by);
      for (const who of [ANA, BEA]) {
        ledgers.fund('main', who, 1_000);
        add(`main ${who}`, 1_000);
      }
      /** Everything that was ever sent, and what became of it. */
      const sent: { from: string; transfer: OpenTransfer; verdict: string | null; closed: boolean }[] = [];
      for (const { amountMinor, from, pick, to, what, who } of steps) {
        const [source = '', target = ''] = [names[from], names[to]];
        if (what === 'send') {
          const cmd = { holder: who, toHolder: who, toLedger: target, amountMinor };
          const accepted = codeOf(ledgers.send(source, cmd, { ownerId: who })) === 'TransferSent';
          const should = source !== target && amountMinor > 0 && (money.get(`${source} ${who}`) ?? 0) >= amountMinor;
          assert.equal(accepted, should);
          if (!accepted) continue;
          add(`${source} ${who}`, -amountMinor);
          const transfer = [...ledgers.of(source).transfers.open()].at(-1) as OpenTransfer;
          sent.push({ from: source, transfer, verdict: null, closed: false });
          continue;
        }
        const one = sent[pick % Math.max(1, sent.length)];
        if (!one) continue;
        const { transfer } = one;
        if (what === 'carry') {
          const verdict = codeOf(ledgers.receive(one.from, transfer, { ownerId: transfer.holder }));
          const first = transfer.toLedger === 'nowhere' ? 'not_found' : 'TransferReceived';
          if (one.verdict === 'TransferReceived') assert.equal(verdict, 'already_resolved');
          else assert.equal(verdict, first);
          if (one.verdict === null && verdict === 'TransferReceived')
            add(`${transfer.toLedger} ${transfer.toHolder}`, transfer.amountMinor);
          one.verdict ??= verdict;
        } else if (one.verdict !== null) {
          const arrived = one.verdict === 'TransferReceived';
          const { transferId } = transfer;
          const close = arrived ? ({ type: 'ConfirmTransfer' } as const) : ({ type: 'ReturnTransfer', reason: 'x' } as const);
          const answer = codeOf(ledgers.ask(one.from, { ...close, transferId }));
          assert.equal(answer, one.closed ? 'already_resolved' : arrived ? 'TransferConfirmed' : 'TransferReturned');
          if (!one.closed && !arrived) add(`${one.from} ${transfer.holder}`, transfer.amountMinor);
          one.closed = true;
        }
      }
      for (const ledgerId of names.slice(0, 3)) {
        for (const who of [ANA, BEA]) assert.equal(ledgers.available(ledgerId, who), money.get(`${ledgerId} ${who}`) ?? 0);
        for (const sum of ledgers.of(ledgerId).accounts.sums().values()) assert.equal(sum, 0n);
      }
      // What transit accounts hold together is exactly what is on its way.
      let transit = 0;
      for (const a of names.slice(0, 3)) for (const b of names) transit += ledgers.transit(a, b);
      const onItsWay = sent.filter(({ closed, verdict }) => verdict !== 'TransferReceived' && !closed);
      assert.equal(
        transit,
        onItsWay.reduce((sum, { transfer }) => sum + transfer.amountMinor, 0),
      );
      const people = [...money.values()].reduce((sum, minor) => sum + minor, 0);
      assert.equal(people + transit, 2_000);
    }),
    { numRuns: 300 },
  );
});
