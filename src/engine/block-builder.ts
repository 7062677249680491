// Decides a batch of commands on the in-memory state and encodes the block. The state runs ahead of the disk by what is not committed yet;
// the writer drops it when a commit fails.
import { deriveId } from '#core/base/ids.ts';
import { type Refusal, refuse } from '#core/base/refusal.ts';
import type { Quote } from '#core/catalog/quote.ts';
import { evolve } from '#core/evolve.ts';
import type { Context, Envelope } from '#core/kernel/command.ts';
import type { ShardState } from '#core/kernel/state.ts';
import type { Block } from '#ports/journal.ts';
import type { Log } from '#ports/log.ts';
import { encodeBody, hashBlock, type KeyRecord } from './journal/block-body.ts';
import type { ChainPlace } from './journal/chain-reader.ts';
import { CommandKey } from './keys/command-key.ts';
import { wantedMarkets } from './context.ts';
import { decideOne } from './decide-one.ts';
import { encodeAnswer } from './envelope.ts';
import { encodeEvent, ENGINE_VERSION } from './journal/event-codec.ts';
import type { KeyWindow } from './keys/key-window.ts';
import type { Waiting } from './lanes.ts';
import type { QuoteBoard } from './quote-board.ts';
import type { Restored } from './state/restore.ts';

export interface PreparedAnswer {
  readonly item: Waiting;
  readonly encoded: string;
}

export interface Batch {
  readonly before: readonly Waiting[];
  readonly after: readonly Waiting[];
  /** Whether what is due fires between them. */
  readonly timers: boolean;
  /** Takes a command back whose key must be looked up in the journal first. */
  readonly lookUp: (item: Waiting) => void;
}

export interface PreparedBlock {
  /** Null when nothing happened (only repeated keys): answered once earlier blocks are durable. */
  readonly draft: BlockDraft | null;
  readonly answers: readonly PreparedAnswer[];
}

/**
 * Timers fire in one block until they and what happened are this long, characters: a piece of a settlement. It bounds how long people wait behind a large
 * settlement, and nothing else; the many small ones of an afternoon go into one block, before whatever is decided after them.
 */
const TIMER_TEXT_PER_BLOCK = 100_000;
/** Keys made this long before or after the block's stamp are listed one by one instead of widening its key range. */
const NEAR_MS = 2_000;
/** What a timer asks for is in its key: there is no payload to tell apart. */
const NO_PAYLOAD = '0'.repeat(32);

interface Builder {
  readonly shard: number;
  readonly epoch: number;
  readonly board: QuoteBoard;
  readonly log: Log;
}

/** A decided block that still lacks its link to the one before. */
export interface BlockDraft {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly body: Promise<Uint8Array>;
  readonly meta: Block['meta'];
}

interface Draft {
  readonly now: number;
  readonly commands: string[];
  readonly events: string[];
  readonly keys: KeyRecord[];
  readonly quotes: Quote[];
  readonly quoteIndex: Map<string, number>;
  readonly uses: number[][];
  readonly loaded: Record<number, unknown>;
  readonly answers: PreparedAnswer[];
}

export class BlockBuilder {
  readonly state: ShardState;
  readonly keys: KeyWindow;
  committed: ChainPlace;
  readonly #of: Builder;
  #seq: number; // last seq decided; ahead of `committed` by what is in flight
  #now: number;
  #sealed: Promise<Pick<Block, 'blockNo' | 'hash'>>;

  constructor(of: Builder, restored: Pick<Restored, 'state' | 'place' | 'keys' | 'now'>) {
    this.#of = of;
    this.state = restored.state;
    this.keys = restored.keys;
    this.#seq = restored.place.seq;
    this.committed = restored.place;
    this.#now = restored.now;
    this.#sealed = Promise.resolve(restored.place);
  }

  get decidedSeq(): number {
    return this.#seq;
  }

  nextTimerAt(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const ledger of this.state.ledgers.values()) at = Math.min(at, ledger.timers.first()?.dueAt ?? at);
    return at;
  }

  timerDue(now: number): boolean {
    return this.nextTimerAt() <= now;
  }

  /** What a command decided at this moment would be stamped with: never before what was stamped last. */
  nowAt(clockNow: number): number {
    return Math.max(this.#now, clockNow);
  }

  /** Decides control and facts, then due timers, then people and bots, and encodes what happened. */
  prepare(items: Batch, clockNow: number): PreparedBlock | null {
    const now = this.nowAt(clockNow);
    this.#now = now;
    const draft: Draft = {
      now,
      commands: [],
      events: [],
      keys: [],
      quotes: [],
      quoteIndex: new Map(),
      uses: [],
      loaded: {},
      answers: [],
    };
    for (const item of items.before) this.#decideItem(draft, item, items);
    if (items.timers) this.#fireTimers(draft);
    for (const item of items.after) this.#decideItem(draft, item, items);
    if (draft.events.length === 0) return draft.answers.length > 0 ? { draft: null, answers: draft.answers } : null;
    return { draft: this.#encode(draft), answers: draft.answers };
  }

  #decideItem(draft: Draft, item: Waiting, batch: Batch): void {
    const { commandId } = item.envelope;
    const known = this.keys.find(item.key);
    if (known) {
      const result = known.samePayload ? known.result : refuse('duplicate_key_other_payload', { path: '/commandId' });
      draft.answers.push({ item, encoded: encodeAnswer({ commandId, shard: this.#of.shard, seq: known.seq, result }) });
      return;
    }
    // This very batch may have pushed the key out of the window since it was seen there.
    if (this.keys.mayHaveDropped(item.key, item.checkedUpTo)) return batch.lookUp(item);
    const result = this.#apply(draft, item, item.encoded);
    const seq = this.#seq + draft.events.length;
    draft.answers.push({ item, encoded: encodeAnswer({ commandId, shard: this.#of.shard, seq, result }) });
  }

  #fireTimers(draft: Draft): void {
    let text = 0;
    while (text < TIMER_TEXT_PER_BLOCK) {
      const due = this.#firstDue(draft.now);
      if (!due) return;
      const { dueAt, key, ledgerId } = due;
      const from = draft.events.length;
      const commandKey = this.#timerKey(draft, `${ledgerId} ${key} ${dueAt} ${this.#seq + draft.events.length}`);
      const envelope: Envelope = {
        actor: { ownerId: '', tenantId: '', via: 'timer' },
        cmd: { dueAt, key, type: 'FireTimer' },
        commandId: commandKey.commandId,
        lane: 'facts',
        ledgerId,
        payloadHash: NO_PAYLOAD,
      };
      const command = JSON.stringify(envelope);
      text += command.length; // a timer that does nothing counts as well
      this.#apply(draft, { envelope, key: commandKey.key }, command);
      for (let i = from; i < draft.events.length; i++) text += (draft.events[i] as string).length;
    }
  }

  /** An id that nobody used: a caller could have guessed the one that comes next. */
  #timerKey(draft: Draft, name: string): { commandId: string; key: CommandKey } {
    for (let n = 0; ; n++) {
      const commandId = deriveId('cmd', draft.now, n === 0 ? name : `${name} ${n}`);
      const key = CommandKey.of(commandId, NO_PAYLOAD);
      if (!this.keys.has(key)) return { commandId, key };
    }
  }

  #firstDue(now: number): { dueAt: number; key: string; ledgerId: string } | null {
    let first: { dueAt: number; key: string; ledgerId: string } | null = null;
    for (const [ledgerId, ledger] of this.state.ledgers) {
      const timer = ledger.timers.first();
      if (!timer || timer.dueAt > now) continue;
      if (!first || timer.dueAt < first.dueAt || (timer.dueAt === first.dueAt && timer.key < first.key))
        first = { ...timer, ledgerId };
    }
    return first;
  }

  /** Decides one command, folds its events and records its key. */
  #apply(
    draft: Draft,
    { envelope, key, loaded }: Pick<Waiting, 'envelope' | 'key' | 'loaded'>,
    encoded: string,
  ): 'done' | Refusal {
    const uses = this.#quotesFor(draft, envelope);
    const context: Context = {
      now: draft.now,
      quotes: uses.map((i) => draft.quotes[i] as Quote),
      marks: [],
      engineVersion: ENGINE_VERSION,
      ...(loaded === undefined ? {} : { loaded }),
    };
    const { events, result, thrown } = decideOne(this.state, envelope, context);
    if (thrown !== undefined) {
      this.#of.log.error('command.quarantined', { shard: this.#of.shard, commandId: envelope.commandId, error: String(thrown) });
    }
    if (events.length === 0) return result;
    for (const e of events) {
      evolve(this.state, e); // if it throws, the writer stops this shard: read-only
      draft.events.push(encodeEvent(e));
    }
    if (loaded !== undefined) draft.loaded[draft.commands.length] = loaded;
    draft.commands.push(encoded);
    draft.uses.push(uses);
    draft.keys.push({ key, seqOffset: draft.events.length - 1, refused: result !== 'done' });
    this.keys.add(key, { seq: this.#seq + draft.events.length, result, recordedAt: draft.now });
    return result;
  }

  #quotesFor(draft: Draft, envelope: Envelope): number[] {
    const uses: number[] = [];
    for (const marketId of wantedMarkets(this.state, envelope)) {
      let index = draft.quoteIndex.get(marketId);
      if (index === undefined) {
        const quote = this.#of.board.get(marketId);
        if (!quote) continue;
        index = draft.quotes.push(quote) - 1;
        draft.quoteIndex.set(marketId, index);
      }
      uses.push(index);
    }
    return uses;
  }

  /** Links a draft to the block before it. Drafts are sealed in the order in which they were decided. */
  seal(draft: BlockDraft): Promise<Block> {
    const linked = this.#link(this.#sealed, draft);
    this.#sealed = linked;
    return linked;
  }

  async #link(before: Promise<Pick<Block, 'blockNo' | 'hash'>>, draft: BlockDraft): Promise<Block> {
    const body = await draft.body; // needs no link: bodies are packed side by side
    const { blockNo, hash: prevHash } = await before;
    const { epoch, shard } = this.#of;
    const { firstSeq, lastSeq, meta } = draft;
    return { shard, epoch, blockNo: blockNo + 1, firstSeq, lastSeq, prevHash, hash: hashBlock(prevHash, body), body, meta };
  }

  #encode(draft: Draft): BlockDraft {
    const { commands, events, keys, quotes, uses, now } = draft;
    const loaded = Object.keys(draft.loaded).length > 0 ? { loaded: draft.loaded } : {};
    const body = encodeBody({ commands, events, keys, context: { engineVersion: ENGINE_VERSION, now, quotes, uses, ...loaded } });
    const firstSeq = this.#seq + 1;
    this.#seq += events.length;
    return { firstSeq, lastSeq: this.#seq, body, meta: { recordedAt: now, ...keyRange(keys, now) } };
  }
}

/** The id times of a block's keys; stragglers are listed so that the range stays narrow and look-ups stay cheap. */
export function keyRange(
  keys: readonly Pick<KeyRecord, 'key'>[],
  now: number,
): { keysFrom: number; keysTo: number; lateKeys: string[] } {
  let keysFrom = now;
  let keysTo = now;
  const lateKeys: string[] = [];
  for (const { key } of keys) {
    const at = key.madeAt;
    if (at < now - NEAR_MS || at > now + NEAR_MS) lateKeys.push(key.commandId);
    else if (at < keysFrom) keysFrom = at;
    else if (at > keysTo) keysTo = at;
  }
  return { keysFrom, keysTo, lateKeys };
}
