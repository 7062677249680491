// A bus as a log on disk, for a process that is killed: what is to be read lies in a file, and the place from which a restart reads on is stored
// after the handler is done, as with Kafka. What is told is appended to another file: whatever stands there has left the process for good.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bus, Handler, Message, Subscription } from '#ports/bus.ts';

const BATCH = 7;

export const logFile = (dir: string): string => join(dir, 'log.jsonl');
export const toldFile = (dir: string): string => join(dir, 'told.jsonl');
export const placeFile = (dir: string): string => join(dir, 'place');

export function readLines<T>(file: string): T[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

export class LogBus implements Bus {
  /** Resolves once all is handled. */
  readonly ended: Promise<void>;
  readonly #dir: string;
  readonly #log: readonly Message[];
  #end: () => void = () => undefined;

  constructor(dir: string) {
    this.#dir = dir;
    this.#log = readLines<Message>(logFile(dir));
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  publish(messages: readonly Message[]): Promise<void> {
    appendFileSync(toldFile(this.#dir), messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
    return Promise.resolve();
  }

  subscribe(_topic: string, _group: string, handler: Handler): Promise<Subscription> {
    const reading = this.#read(handler);
    return Promise.resolve({ close: () => reading });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #read(handler: Handler): Promise<void> {
    const file = placeFile(this.#dir);
    for (let at = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0; at < this.#log.length;) {
      const batch = this.#log.slice(at, at + BATCH);
      await handler(batch);
      at += batch.length;
      writeFileSync(file, String(at));
    }
    this.#end();
  }
}
