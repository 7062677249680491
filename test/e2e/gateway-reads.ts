// What only the memory of the process that writes the ledger knows, read by people and operators through a gateway in another process.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { makeId } from '#core/base/ids.ts';
import type { PlatformContext } from '#roles/context.ts';
import { sendCommand } from '#roles/operator-commands.ts';

interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, judged by what is compared
  readonly body: Record<string, any>;
}

/** An operator and a player of one tenant, who has money and a limit on what he stakes. */
export class Reader {
  readonly #url: string;
  readonly #keys: Record<'operator' | 'player', string>;
  readonly playerId: string;

  private constructor(url: string, keys: Record<'operator' | 'player', string>, playerId: string) {
    this.#url = url;
    this.#keys = keys;
    this.playerId = playerId;
  }

  static async make(context: PlatformContext, url: string): Promise<Reader> {
    const { owner } = await context.keys.createOperator();
    const { ownerId, tenantId } = owner;
    const key = { ownerId, scopes: ['read', 'bet', 'operate'] as const, label: 'reads' };
    const { apiKey: operator } = await context.keys.createKey({ ...key, scopes: [...key.scopes] });
    const player = await context.keys.createPlayer(tenantId, 'reader');
    const holder = player.ownerId;
    const cmd = { type: 'IssueFunds', holder, ownerId: holder, tenantId, amountMinor: 5_000 } as const;
    assert.equal((await sendCommand(context, { cmd, lane: 'people', ownerId, tenantId })).result, 'done');
    return new Reader(url, { operator, player: player.apiKey }, holder);
  }

  async call(who: 'operator' | 'player', line: string, body?: object, ledger = 'main'): Promise<Answer> {
    const [method = '', path = ''] = line.split(' ');
    const key = makeId('cmd', Date.now(), randomBytes(10));
    const headers = { authorization: `Bearer ${this.#keys[who]}`, 'idempotency-key': key, 'palpite-ledger': ledger };
    const init = body ? { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) } : { headers };
    const answer = await fetch(this.#url + path, { method, ...init });
    return { status: answer.status, body: (await answer.json()) as Answer['body'] };
  }

  /** Reads everything there is of this kind; each must be answered, with what the ledger has. Gives what was read. */
  async all(market: { readonly marketId: string; readonly selectionIds: readonly string[] }): Promise<string[]> {
    const of = encodeURIComponent(market.marketId);
    const outcomes = Object.fromEntries(market.selectionIds.map((id, at) => [id, at === 0 ? [1, 1, 0, 1] : [0, 1, 0, 1]]));
    const done = async (line: string, body: object): Promise<void> => {
      const { body: told, status } = await this.call(line.includes('/me/') ? 'player' : 'operator', line, body);
      assert.ok(status === 200 || told['code'] === 'already_resolved', `${line}: ${status} ${JSON.stringify(told)}`);
    };
    await done('PUT /v1/me/limits/stake/day', { value: 1_000 });
    await done(`PUT /v1/desk/limits/${of}`, { stakeMaxMinor: 5_000_000 });
    await done(`POST /v1/operator/markets/${of}/exchange`, {});
    const reads: [
      who: 'operator' | 'player',
      line: string,
      body: object | undefined,
      holds: (told: Answer['body']) => boolean,
    ][] = [
      ['player', 'GET /v1/me/limits', undefined, ({ used }) => used?.[0]?.stake === 0],
      ['operator', `GET /v1/operator/people/${this.playerId}/limits`, undefined, ({ used }) => used?.[0]?.stake === 0],
      ['player', 'GET /v1/wallet', undefined, ({ available }) => available.amountMinor === 5_000],
      ['player', 'GET /v1/risk', undefined, ({ halted, house }) => halted.length === 0 && house === null],
      ['operator', 'GET /v1/risk', undefined, ({ house }) => house.openBets > 0 && house.worstLoss.amountMinor > 0],
      [
        'operator',
        'POST /v1/operator/settlements/preview',
        { marketId: market.marketId, outcomes },
        ({ previewHash }) => previewHash.length === 32,
      ],
      [
        'operator',
        `GET /v1/desk/markets/${of}/pricing`,
        undefined,
        ({ pricing, marketId }) => pricing === null && marketId === market.marketId,
      ],
      [
        'operator',
        'GET /v1/desk/liability?level=sport',
        undefined,
        ({ items }) => items.some((row: { bets: number }) => row.bets > 0),
      ],
      [
        'operator',
        `GET /v1/desk/liability/${of}`,
        undefined,
        ({ selections }) => selections.length === market.selectionIds.length,
      ],
      ['operator', 'GET /v1/desk/limits', undefined, ({ items }) => items[0]?.limits.stakeMaxMinor === 5_000_000],
      ['operator', 'GET /v1/desk/bets', undefined, ({ items }) => Array.isArray(items)],
      ['player', `GET /v1/markets/${of}/book`, undefined, ({ selections }) => selections.length === market.selectionIds.length],
    ];
    for (const [who, line, body, holds] of reads) {
      const { body: told, status } = await this.call(who, line, body);
      assert.ok(status === 200 && holds(told), `${line} for a ${who}: ${status} ${JSON.stringify(told)}`);
    }
    return reads.map(([who, line]) => `${who} ${line}`);
  }
}
