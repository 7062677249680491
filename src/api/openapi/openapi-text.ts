// The OpenAPI document as docs/openapi.json keeps it. Built from the routes alone: nothing is connected and no route is called.
import { silentLog } from '#ports/log.ts';
import { silentMetrics } from '#ports/metrics.ts';
import type { DeskOffice } from '#engine/desk/desk-office.ts';
import type { ReadModels } from '#ports/read-models.ts';
import type { ApiDeps } from '../deps.ts';
import { buildServer } from '../server.ts';
import { LiveHub } from '../live/live-hub.ts';
import { OddsHub } from '../socket/odds-hub.ts';

/** Pretty-printed JSON with a final newline; the same routes give the same bytes. */
export async function openApiText(): Promise<string> {
  const app = await buildServer(unconnected());
  try {
    await app.ready();
    return `${JSON.stringify(app.swagger(), null, 2)}\n`;
  } finally {
    await app.close();
  }
}

function unconnected(): ApiDeps {
  const nobody = (): Promise<never> => Promise.reject(new Error('this server only describes itself'));
  return {
    useShard: () => Promise.resolve(),
    ledgerId: 'main',
    commands: { submit: nobody },
    identity: { authenticate: nobody },
    readModels: { shard: 0 } as ReadModels,
    review: { list: nobody, resolve: nobody, flaggedAnswers: nobody },
    offers: { sign: () => ({ keyId: '', signature: '' }), verify: () => false },
    evidence: { keep: nobody, drop: nobody, read: nobody },
    questions: { ask: nobody, isHere: () => false },
    desk: {} as DeskOffice,
    odds: new OddsHub({ load: nobody, stored: nobody }),
    events: new LiveHub(),
    readiness: [],
    draining: () => false,
    metrics: silentMetrics,
    log: silentLog,
    clock: { now: () => 0, schedule: () => () => undefined },
    options: { version: '0.0.0' },
  };
}
