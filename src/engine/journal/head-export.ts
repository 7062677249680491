// A chain proves nothing without an anchor outside it: the head of each chain is signed and appended to a file once a minute.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonical } from '#core/base/canonical.ts';
import type { ChainHead } from '#ports/journal.ts';

export const HEAD_EXPORT_MS = 60_000;

export interface SignedHead {
  readonly shard: number;
  readonly blockNo: number;
  readonly seq: number;
  readonly hash: string;
  readonly at: number;
  /** Ed25519 over the canonical JSON of the other members, base64. */
  readonly signature: string;
}

export class HeadExport {
  readonly #file: string;
  readonly #key: KeyObject;
  readonly #last = new Map<number, string>();

  private constructor(file: string, key: KeyObject) {
    this.#file = file;
    this.#key = key;
  }

  /** Opens `<dir>/heads.jsonl`, making the signing key beside it on first use. Keep a copy of both elsewhere. */
  static async open(dir: string): Promise<HeadExport> {
    const keyFile = join(dir, 'head-signing.pem');
    await mkdir(dirname(keyFile), { recursive: true });
    const pem = await readFile(keyFile, 'utf8').catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      const { privateKey } = generateKeyPairSync('ed25519');
      const made = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
      // Several writers of one machine may share the folder: the first one's key is everybody's.
      await writeFile(keyFile, made, { mode: 0o600, flag: 'wx' }).catch((failure: NodeJS.ErrnoException) => {
        if (failure.code !== 'EEXIST') throw failure;
      });
      return readFile(keyFile, 'utf8');
    });
    return new HeadExport(join(dir, 'heads.jsonl'), createPrivateKey(pem));
  }

  /** Appends the head unless it is the one exported last. */
  async add(head: ChainHead, at: number): Promise<void> {
    if (head.blockNo === 0 || this.#last.get(head.shard) === head.hash) return;
    this.#last.set(head.shard, head.hash);
    const { blockNo, hash, seq, shard } = head;
    const facts = { at, blockNo, hash, seq, shard };
    const signature = sign(null, Buffer.from(canonical(facts)), this.#key).toString('base64');
    await appendFile(this.#file, `${canonical({ ...facts, signature })}\n`);
  }

  /** All exported heads whose signature holds; throws for the first that does not. */
  async read(): Promise<SignedHead[]> {
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    const publicKey = createPublicKey(this.#key);
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line, i) => {
        const { signature, ...facts } = JSON.parse(line) as SignedHead;
        if (!verify(null, Buffer.from(canonical(facts)), publicKey, Buffer.from(signature, 'base64'))) {
          throw new Error(`heads.jsonl, line ${i + 1}: the signature does not hold`);
        }
        return { ...facts, signature };
      });
  }
}
