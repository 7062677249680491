// The command keys of stored blocks: what was asked under which id, and what it was answered.
import { encodeId } from '#core/base/ids.ts';
import { type Refusal, refuse } from '#core/base/refusal.ts';
import type { Block } from '#ports/journal.ts';
import { CommandKey } from '../keys/command-key.ts';
import type { KeyWindow } from '../keys/key-window.ts';
import { BlockBody, KEY_BYTES } from './block-body.ts';

export interface StoredKey {
  readonly key: CommandKey;
  readonly commandId: string;
  readonly payloadHash: string;
  readonly seq: number;
  readonly result: 'done' | Refusal;
}

/** Keys of a block in their order; with `last`, only those whose id ends in one of these words (the rest is not even read). */
export function* keysOf(block: Block, last?: ReadonlySet<number>): Generator<StoredKey> {
  const body = new BlockBody(block.body);
  const section = body.keys();
  let lines: string[] | null = null;
  for (let at = 0; at < section.length; at += KEY_BYTES) {
    if (last && !last.has(section.readInt32BE(at + 12))) continue;
    const offset = section.readUInt32BE(at + 32);
    const refused = section.readUInt32BE(at + 36) === 1;
    let result: 'done' | Refusal = 'done';
    if (refused) {
      lines ??= body.eventLines();
      const event = JSON.parse(lines[offset] as string) as { data: { refusal?: Refusal } };
      result = event.data.refusal ?? refuse('quarantined');
    }
    yield {
      key: CommandKey.read(section, at),
      commandId: encodeId('cmd', section.subarray(at, at + 16)),
      payloadHash: section.toString('hex', at + 16, at + 32),
      seq: block.firstSeq + offset,
      result,
    };
  }
}

/** Puts a stored block's keys into the window, refusals included. */
export function addKeys(keys: KeyWindow, block: Block): void {
  for (const { key, seq, result } of keysOf(block)) {
    if (!keys.has(key)) keys.add(key, { seq, result, recordedAt: block.meta.recordedAt });
  }
}
