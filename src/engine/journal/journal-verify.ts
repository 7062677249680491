// Proves a stored chain from its first block on, or names the first place that does not hold: links, hashes, counts, stamps, keys,
// sums of money, the head row, and, when asked, every decision decided again from its stored command and context.
import { evolve } from '#core/evolve.ts';
import type { Context, Envelope } from '#core/kernel/command.ts';
import type { NewEvent } from '#core/kernel/event.ts';
import { initialShard, type ShardState } from '#core/kernel/state.ts';
import { type Block, type Journal, KEY_RANGE_MS_MAX } from '#ports/journal.ts';
import { BlockBody, type BlockContext } from './block-body.ts';
import { CHAIN_START, ChainBrokenError, type ChainPlace, checkLink, eventsOf, READ_BLOCKS } from './chain-reader.ts';
import { decideOne } from '../decide-one.ts';
import { encodeEvent, ENGINE_VERSION } from './event-codec.ts';
import { keysOf } from './stored-keys.ts';
import { KEY_LIFE_MS } from '../keys/key-window.ts';

export interface VerifyOptions {
  readonly decideAgain?: boolean;
}

export interface ChainFault {
  readonly shard: number;
  readonly blockNo: number;
  readonly seq: number;
  readonly what: string;
}

export interface ChainReport {
  readonly ok: boolean;
  /** What holds: blocks and events before the fault, or all of them. */
  readonly blocks: number;
  readonly events: number;
  /** Decisions that were decided again and gave the same bytes. */
  readonly decided: number;
  /** Decisions of another engine version: only their effects were checked. */
  readonly skipped: number;
  readonly head: ChainPlace | null;
  readonly fault: ChainFault | null;
}

/** A place inside a block that does not hold. */
class Fault extends Error {
  readonly seq: number;

  constructor(seq: number, what: string) {
    super(what);
    this.seq = seq;
  }
}

export async function verifyChain(journal: Journal, shard: number, options: VerifyOptions = {}): Promise<ChainReport> {
  const proof = new Proof(shard, options.decideAgain === true);
  let fault: ChainFault | null = null;
  try {
    fault = await readToHead(journal, shard, proof);
    fault ??= proof.faultInSums();
  } catch (error) {
    // What cannot even be read is named by the place that could be.
    fault = { shard, blockNo: proof.place.blockNo + 1, seq: proof.place.seq + 1, what: String(error) };
  }
  const { decided, place, skipped } = proof;
  return {
    ok: fault === null,
    blocks: place.blockNo,
    events: place.seq,
    decided,
    skipped,
    head: place.blockNo > 0 ? place : null,
    fault,
  };
}

async function readToHead(journal: Journal, shard: number, proof: Proof): Promise<ChainFault | null> {
  const keysFrom = await firstLiveKey(journal, shard);
  for (;;) {
    const fault = await readAll(journal, { shard, keysFrom }, proof);
    if (fault) return fault;
    const { blockNo } = proof.place;
    const behind = await faultInHead(journal, shard, proof.place);
    if (!behind) return null;
    // A writer may have gone on meanwhile: what it added since is read, and then the head is looked at again.
    const later = await readAll(journal, { shard, keysFrom }, proof);
    if (later || proof.place.blockNo === blockNo) return later ?? behind;
  }
}

/** Since when the keys were made that a writer would still take: older ones need not be found any more, and their list is cut. */
async function firstLiveKey(journal: Journal, shard: number): Promise<number> {
  const head = await journal.head(shard);
  const [last] = head && head.blockNo > 0 ? await journal.read(shard, head.blockNo, 1) : [];
  return (last?.meta.recordedAt ?? 0) - KEY_LIFE_MS;
}

async function readAll(
  journal: Journal,
  { keysFrom, shard }: { shard: number; keysFrom: number },
  proof: Proof,
): Promise<ChainFault | null> {
  for (;;) {
    const blocks = await journal.read(shard, proof.place.blockNo + 1, READ_BLOCKS);
    if (blocks.length === 0) return null;
    for (const block of blocks) {
      const fault = proof.faultIn(block) ?? (await faultInLookUp(journal, block, keysFrom));
      if (fault) return fault;
    }
  }
}

/** Every command key that still lives must be found again: by its time within the block's range, or by its name in the list. */
async function faultInLookUp(journal: Journal, block: Block, keysFrom: number): Promise<ChainFault | null> {
  const { blockNo, firstSeq, meta, shard } = block;
  const fault = (what: string): ChainFault => ({ shard, blockNo, seq: firstSeq, what });
  if (meta.keysTo - meta.keysFrom > KEY_RANGE_MS_MAX) return fault('its key range is too wide to be looked up');
  for (const { commandId, key } of keysOf(block)) {
    const { madeAt } = key;
    if (madeAt < keysFrom || (meta.keysFrom <= madeAt && madeAt <= meta.keysTo)) continue;
    if (!(await journal.blockNosWithKeys(shard, [{ commandId, madeAt }])).includes(blockNo))
      return fault(`its key range hides the command key ${commandId}`);
  }
  return null;
}

async function faultInHead(journal: Journal, shard: number, place: ChainPlace): Promise<ChainFault | null> {
  const head = await journal.head(shard);
  if (!head) return place.blockNo === 0 ? null : { shard, ...at(place), what: 'the chain has no head row' };
  if (head.blockNo === place.blockNo && head.seq === place.seq && head.hash === place.hash) return null;
  const what = `the head row says block ${head.blockNo}, seq ${head.seq}, hash ${head.hash.slice(0, 12)}; the last block is ${place.blockNo}, seq ${place.seq}, hash ${place.hash.slice(0, 12)}`;
  return { shard, ...at(place), what };
}

const at = ({ blockNo, seq }: ChainPlace): { blockNo: number; seq: number } => ({ blockNo, seq });

class Proof {
  place: ChainPlace = CHAIN_START;
  decided = 0;
  skipped = 0;
  readonly #shard: number;
  readonly #decideAgain: boolean;
  readonly #state: ShardState = initialShard();
  readonly #sums = new Sums();
  #now = 0;
  #epoch = 0;

  constructor(shard: number, decideAgain: boolean) {
    this.#shard = shard;
    this.#decideAgain = decideAgain;
  }

  /** Checks and folds the next block. */
  faultIn(block: Block): ChainFault | null {
    const shard = this.#shard;
    try {
      if (block.shard !== shard) throw new Fault(block.firstSeq, `belongs to shard ${block.shard}`);
      const place = checkLink(this.place, block);
      const events = eventsOf(block);
      this.#checkFrame(block);
      if (this.#decideAgain) this.#decideBlock(block, events);
      else this.#fold(events);
      this.#checkMoney(block, events);
      this.place = place;
      return null;
    } catch (error) {
      const seq = error instanceof Fault || error instanceof ChainBrokenError ? error.seq : block.firstSeq;
      const what =
        error instanceof ChainBrokenError
          ? error.message.slice(error.message.indexOf('): ') + 3)
          : String((error as Error).message);
      return { shard, blockNo: block.blockNo, seq, what };
    }
  }

  /** Balances as a whole, once at the end: what no posting touched must not have moved either. */
  faultInSums(): ChainFault | null {
    for (const ledger of this.#state.ledgers.values()) {
      for (const [currency, sum] of ledger.accounts.sums()) {
        const what = `all ${currency} of ledger ${ledger.ledgerId} sum to ${sum}, not to 0`;
        if (sum !== 0n) return { shard: this.#shard, ...at(this.place), what };
      }
    }
    return null;
  }

  #fold(events: readonly NewEvent[]): void {
    for (const e of events) evolve(this.#state, e);
  }

  /** What lies around the events: stamps, epoch, command keys. */
  #checkFrame(block: Block): void {
    const { firstSeq, meta } = block;
    const { now } = new BlockBody(block.body).context();
    if (now < this.#now) throw new Fault(firstSeq, `is stamped ${now}, before the block before it (${this.#now})`);
    if (block.epoch < this.#epoch) throw new Fault(firstSeq, `is of epoch ${block.epoch}, after epoch ${this.#epoch}`);
    if (meta.recordedAt !== now)
      throw new Fault(firstSeq, `is recorded at ${meta.recordedAt} outside the hash and at ${now} inside`);
    this.#now = now;
    this.#epoch = block.epoch;
  }

  #decideBlock(block: Block, events: readonly NewEvent[]): void {
    const body = new BlockBody(block.body);
    const commands = body.commandLines();
    const lines = body.eventLines();
    const context = body.context();
    const keys = [...keysOf(block)];
    if (keys.length !== commands.length)
      throw new Fault(block.firstSeq, `holds ${commands.length} commands and ${keys.length} keys`);
    if (context.engineVersion !== ENGINE_VERSION) {
      this.skipped += commands.length;
      this.#fold(events);
      return;
    }
    let next = 0;
    for (let i = 0; i < commands.length; i++) {
      const envelope = JSON.parse(commands[i] as string) as Envelope;
      const key = keys[i] as (typeof keys)[number];
      const seq = block.firstSeq + next;
      if (envelope.commandId !== key.commandId || envelope.payloadHash !== key.payloadHash)
        throw new Fault(seq, `key ${i + 1} is not its command's`);
      next += this.#decideCommand(envelope, contextOf(context, i), { lines, next, seq });
      if (key.seq !== block.firstSeq + next - 1) throw new Fault(seq, `key ${i + 1} points to another event`);
    }
    if (next !== lines.length) throw new Fault(block.firstSeq + next, 'holds an event that no command gives');
  }

  /** Decides one command again and folds what came out; returns how many events that were. */
  #decideCommand(envelope: Envelope, context: Context, stored: { lines: string[]; next: number; seq: number }): number {
    const { events } = decideOne(this.#state, envelope, context);
    events.forEach((e, i) => {
      if (encodeEvent(e) !== stored.lines[stored.next + i]) {
        throw new Fault(stored.seq + i, `${envelope.cmd.type} decided again gives another ${e.type}`);
      }
      evolve(this.#state, e);
    });
    this.decided++;
    return events.length;
  }

  #checkMoney(block: Block, events: readonly NewEvent[]): void {
    let seq = block.firstSeq;
    for (const e of events) {
      const ledger = this.#state.ledgers.get(e.ledgerId);
      for (const p of e.postings ?? []) {
        for (const path of [p.from, p.to])
          this.#sums.see(`${e.ledgerId} ${p.currency}`, path, ledger?.accounts.balance(path, p.currency) ?? 0);
      }
      if (e.at !== this.#now) throw new Fault(seq, `happened at ${e.at}, in a block stamped ${this.#now}`);
      seq++;
    }
    const broken = this.#sums.broken();
    if (broken) throw new Fault(block.firstSeq, `after it, all of ${broken.what} sums to ${broken.sum}, not to 0`);
  }
}

/** Sums per ledger and currency, kept up from the balances of the accounts that a block touched: a full sum per block would be quadratic. */
class Sums {
  readonly #sums = new Map<string, { sum: bigint; seen: Map<string, number> }>();
  readonly #touched = new Set<string>();

  see(what: string, path: string, balance: number): void {
    let of = this.#sums.get(what);
    if (!of) this.#sums.set(what, (of = { sum: 0n, seen: new Map() }));
    of.sum += BigInt(balance) - BigInt(of.seen.get(path) ?? 0);
    of.seen.set(path, balance);
    this.#touched.add(what);
  }

  broken(): { what: string; sum: bigint } | null {
    for (const what of this.#touched) {
      const { sum } = this.#sums.get(what) as { sum: bigint };
      if (sum !== 0n) return { what, sum };
    }
    this.#touched.clear();
    return null;
  }
}

function contextOf({ engineVersion, loaded, now, quotes, uses }: BlockContext, command: number): Context {
  const used = (uses[command] ?? []).map((i) => quotes[i] as Context['quotes'][number]);
  const read = loaded?.[command];
  return { now, quotes: used, marks: [], engineVersion, ...(read === undefined ? {} : { loaded: read }) };
}
