import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '../kernel/command.ts';
import { misnamedOrderAt, orderIdOf } from './order-commands.ts';

const COMMAND = 'cmd_01JXT21Q00SGZMD8PJMBFE0DMR';
const ORDER = 'ord_01JXT21Q00SGZMD8PJMBFE0DMR';

test('orderIdOf() keeps the 26 characters of the command', () => {
  assert.equal(orderIdOf(COMMAND), ORDER);
});

test('misnamedOrderAt() names the member that has another name than the one an order may have', () => {
  const at = (cmd: object): string | null => misnamedOrderAt(COMMAND, cmd as Command);
  const old = 'ord_01JXT21Q00AXMPBF4KVJJV1TGR';
  assert.equal(at({ type: 'PlaceOrder', orderId: ORDER }), null);
  assert.equal(at({ type: 'ReplaceOrder', orderId: old, newOrderId: ORDER }), null);
  assert.equal(at({ type: 'CancelOrder', orderId: old }), null);
  for (const other of [old, COMMAND, ORDER.toLowerCase(), `${ORDER} `, '', null, 5, [ORDER]]) {
    assert.equal(at({ type: 'PlaceOrder', orderId: other }), '/orderId', String(other));
    assert.equal(at({ type: 'ReplaceOrder', orderId: ORDER, newOrderId: other }), '/newOrderId', String(other));
  }
});
