import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readStreamMessage } from './wire.ts';

const faultOf = (message: unknown): string => {
  const read = readStreamMessage(typeof message === 'string' ? message : JSON.stringify(message));
  return read.op === 'malformed' ? read.fault : `took ${read.op}`;
};
const market = (rest: object): object => ({ op: 'mcm', pt: 5, mc: [{ id: '1.2', ...rest }] });
const runner = (rest: object): object => market({ rc: [{ id: 1, ...rest }] });

test('readStreamMessage() tells the kinds of messages apart', () => {
  assert.equal(readStreamMessage('{"op":"connection","connectionId":"002-1"}').op, 'connection');
  assert.equal(readStreamMessage('{"op":"status","id":2,"statusCode":"SUCCESS","connectionClosed":false}').op, 'status');
  assert.equal(readStreamMessage('{"op":"mcm","id":2,"clk":"AP","pt":1471370165625,"ct":"HEARTBEAT"}').op, 'mcm');
  assert.equal(readStreamMessage('{"op":"mcm","id":2,"status":503}').op, 'mcm');
  assert.deepEqual(readStreamMessage('{"op":"ocm","oc":[]}'), { op: 'other', name: 'ocm' });
});

test('readStreamMessage() refuses a message for one fault anywhere in it', () => {
  assert.match(faultOf('{"op":"mcm"'), /not JSON/);
  assert.match(faultOf('[]'), /no object|not an object/);
  assert.match(faultOf('null'), /not an object/);
  assert.match(faultOf({ pt: 1 }), /no op/);
  assert.match(faultOf({ op: 'status' }), /statusCode/);
  assert.match(faultOf({ op: 'mcm', ct: 'IMAGE' }), /ct of no known kind/);
  assert.match(faultOf({ op: 'mcm', segmentType: 'LAST' }), /segmentType/);
  assert.match(faultOf({ op: 'mcm', clk: 7 }), /clk/);
  assert.match(faultOf({ op: 'mcm', pt: -1 }), /pt that is no time/);
  assert.match(faultOf({ op: 'mcm', mc: {} }), /mc that is no list/);
  assert.match(faultOf({ op: 'mcm', mc: [{ id: '1.2' }] }), /without a pt/);
  assert.match(faultOf(market({ id: 5 })), /without an id/);
  assert.match(faultOf(market({ tv: 'much' })), /1\.2 has a tv/);
  assert.match(faultOf(market({ rc: {} })), /rc that is no list/);
  assert.match(faultOf(market({ marketDefinition: {} })), /without a status/);
  assert.match(faultOf(market({ marketDefinition: { status: 'OPEN' } })), /without runners/);
  assert.match(faultOf(market({ marketDefinition: { status: 'OPEN', runners: [{ id: 1 }] } })), /id or status/);
  assert.match(faultOf(market({ marketDefinition: { status: 'OPEN', betDelay: '5', runners: [] } })), /betDelay/);
  assert.match(faultOf(runner({ id: 1.5 })), /without an id/);
  assert.match(faultOf(runner({ hc: 'x' })), /without an id/);
  assert.match(faultOf(runner({ atb: [[1.5]] })), /atb that is no list/);
  assert.match(faultOf(runner({ atb: [[1.5, -2]] })), /atb/);
  assert.match(faultOf(runner({ atl: [[1.5, 1e13]] })), /atl/);
  assert.match(faultOf(runner({ trd: [['1.5', 2]] })), /trd/);
  assert.match(faultOf(runner({ batb: [[0.5, 2, 3]] })), /batb/);
  assert.match(faultOf(runner({ ltp: '2' })), /ltp/);
});

test('readStreamMessage() never throws, whatever the line', () => {
  const json = fc.json({ depthSize: 'medium' });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        json,
        json.map((text) => `{"op":"mcm","pt":1,"mc":[${text}]}`),
      ),
      (line) => {
        assert.ok(['mcm', 'status', 'connection', 'other', 'malformed'].includes(readStreamMessage(line).op));
      },
    ),
    { numRuns: 500, seed: 20 },
  );
});
