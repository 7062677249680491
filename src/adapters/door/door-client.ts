// The way to a writer in another process. What is under way when the connection or the writer goes is sent again to whoever holds the lease then:
// a command has its key, so that asking twice is asking once.
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Commands } from '#ports/commands.ts';
import type { Log } from '#ports/log.ts';
import { UnansweredError } from '#ports/questions.ts';
import { FRAME_BYTES_MAX, isQuestion, joinFrame, lineName, questionName, splitFrame } from './frame.ts';

export interface DoorClientOptions {
  /** Address of the writer's door; null while nobody holds the lease. */
  readonly address: () => Promise<string | null>;
  readonly token: string;
  readonly log: Log;
  /** A command without an answer after this long has an unknown outcome, ms. */
  readonly answerMs?: number;
  /** How long a question waits for its answer, ms. */
  readonly questionMs?: number;
}

const ANSWER_MS = 10_000;
const QUESTION_MS = 1_000;
const RETRY_MS = { first: 20, max: 500 };
/** Commands under way; more are refused at once. */
const UNDER_WAY_MAX = 50_000;
/** Questions among them: they must never keep commands out. */
const QUESTIONS_MAX = 1_000;
const LINES_PER_FRAME = 2_000;
/** A frame begins anew when it has so many characters: well below what the writer takes, whatever their bytes. */
const FRAME_CHARS = FRAME_BYTES_MAX / 8;
const CONNECT_MS = 2_000;
/** A writer that does not answer a ping within this time is taken for gone, ms. */
const PING_MS = 2_000;
const LATE = 'no answer from the writer in time';
const UNKNOWN = 'the writer does not know the outcome';

interface UnderWay {
  readonly encoded: string;
  readonly until: number;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
  /** A writer said that it goes; whoever comes after it has not answered yet. */
  moved: boolean;
}

export class DoorClient implements Commands {
  readonly #options: DoorClientOptions;
  readonly #underWay = new Map<string, UnderWay>();
  #socket: WebSocket | null = null;
  #connecting = false;
  #unsent: string[] = [];
  #last = 0;
  #questions = 0;
  #heard = 0;
  #opened = Number.NEGATIVE_INFINITY;
  #closed = false;
  readonly #timer: NodeJS.Timeout;

  constructor(options: DoorClientOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#upkeep(), 250);
    this.#timer.unref();
  }

  submit(encoded: string, traceparent?: string): Promise<string> {
    return this.#ask(lineName(++this.#last, traceparent), encoded, this.#options.answerMs ?? ANSWER_MS);
  }

  /** Asks the writer what only it knows; rejected with UnansweredError when there is no answer in time. */
  ask(question: string): Promise<string> {
    if (this.#questions >= QUESTIONS_MAX)
      return Promise.reject(new UnansweredError('busy', 'too many questions wait for the writer'));
    this.#questions++;
    const answer = this.#ask(questionName(++this.#last), question, this.#options.questionMs ?? QUESTION_MS);
    return answer.finally(() => this.#questions--);
  }

  #ask(n: string, encoded: string, waitMs: number): Promise<string> {
    if (this.#closed) return Promise.reject(new Error('the door is closed'));
    if (this.#underWay.size >= UNDER_WAY_MAX) return Promise.reject(new Error('too many commands wait for the writer'));
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const until = performance.now() + waitMs;
    this.#underWay.set(n, { encoded, until, resolve, reject, moved: false });
    this.#send(n);
    return promise;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#socket?.terminate();
    for (const n of this.#underWay.keys()) this.#fail(n, 'the door is closed');
  }

  #send(n: string): void {
    if (!this.#socket) return void this.#connect();
    if (this.#unsent.push(n) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const waiting = this.#unsent;
    this.#unsent = [];
    if (!this.#socket) return; // whatever is under way is sent on the next connection
    let lines: string[] = [];
    let chars = 0;
    for (const n of waiting) {
      const asked = this.#underWay.get(n);
      if (!asked) continue;
      lines.push(`${n} ${asked.encoded}`);
      chars += asked.encoded.length;
      if (lines.length < LINES_PER_FRAME && chars < FRAME_CHARS) continue;
      this.#socket.send(joinFrame(lines));
      [lines, chars] = [[], 0];
    }
    if (lines.length > 0) this.#socket.send(joinFrame(lines));
  }

  /** Looks for the holder until there is one; then everything under way is sent, in the order in which it was asked. */
  async #connect(): Promise<void> {
    if (this.#connecting || this.#closed) return;
    this.#connecting = true;
    if (performance.now() - this.#opened < RETRY_MS.max) await sleep(RETRY_MS.first); // opened and lost at once: a writer on the move
    for (let pause = RETRY_MS.first; !this.#closed; pause = Math.min(pause * 2, RETRY_MS.max)) {
      const socket = await this.#open();
      if (socket && this.#closed) socket.terminate();
      else if (socket) {
        this.#socket = socket;
        this.#opened = this.#heard = performance.now();
        this.#unsent = [...this.#underWay.keys()];
        this.#flush();
        break;
      }
      await sleep(pause);
    }
    this.#connecting = false;
  }

  async #open(): Promise<WebSocket | null> {
    const { address, log, token } = this.#options;
    try {
      const url = await address();
      if (!url) return null;
      const socket = new WebSocket(url, {
        headers: { authorization: `Bearer ${token}` },
        perMessageDeflate: false,
        handshakeTimeout: CONNECT_MS,
      });
      await new Promise((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('error', reject);
      });
      socket.on('message', (data) => this.#hear(socket, String(data)));
      socket.on('pong', () => (this.#heard = performance.now()));
      socket.on('error', () => socket.terminate());
      socket.on('close', () => this.#lost(socket));
      return socket;
    } catch (error) {
      log.debug('door.not_open', { error: String(error) });
      return null;
    }
  }

  #lost(socket: WebSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    if (this.#underWay.size > 0) void this.#connect();
  }

  #hear(socket: WebSocket, frame: string): void {
    this.#heard = performance.now();
    let moved = false;
    for (const { n, text } of splitFrame(frame)) {
      const asked = this.#underWay.get(n);
      if (!asked) continue; // answered before, on another connection
      if (text === '') this.#fail(n, UNKNOWN);
      else if (text.includes('"code":"writer_moving"')) moved = asked.moved = true;
      else {
        this.#underWay.delete(n);
        asked.resolve(text);
      }
    }
    if (moved) socket.terminate(); // and ask whoever holds the lease next
  }

  #fail(n: string, reason: string): void {
    const asked = this.#underWay.get(n);
    this.#underWay.delete(n);
    // A question that nobody could take was not asked of anybody; with a writer there, it has no time.
    const isLate = isQuestion(n) && reason !== UNKNOWN;
    asked?.reject(
      isLate ? new UnansweredError(asked.moved || !this.#socket ? 'writer_moving' : 'busy', reason) : new Error(reason),
    );
  }

  #upkeep(): void {
    const now = performance.now();
    for (const [n, { until }] of this.#underWay) {
      if (until > now) continue;
      this.#fail(n, LATE);
    }
    if (!this.#socket) return;
    if (now - this.#heard > PING_MS) this.#socket.terminate();
    else this.#socket.ping();
  }
}
