// Carries bans from the home ledger to all others. At home it tells whoever does not know all yet; beside every other ledger it asks home to be told,
// and, after a start, keeps its bettors waiting until it knows what home knew then. What is owed stands in the home ledger's own state.
import { randomBytes } from 'node:crypto';
import { makeId } from '#core/base/ids.ts';
import { type Refusal, refuse } from '#core/base/refusal.ts';
import type { Command, Lane } from '#core/kernel/command.ts';
import { MAIN_SHARD, shardOf } from '#core/ledger/shard.ts';
import { type BanRow, HOME_LEDGER } from '#core/play/bans.ts';
import { banRows } from '#core/play/tell-bans.ts';
import type { Commands } from '#ports/commands.ts';
import { courierAsk } from './courier-ask.ts';
import { type Errand, type ErrandEnd, Errands } from './errands.ts';
import type { CourierPorts } from './transfer-courier.ts';

/** Home was asked: it is looked for its word this often, so many times, before it is asked again. */
const WORD = { pauseMs: 10, times: 100 };
/** A bettor who waits for home's word asks again after this long, ms. */
const ASK_AGAIN_MS = 100;

/** Some of what a ledger is owed. */
interface Tell extends Errand {
  readonly follower: string;
  readonly bans: readonly BanRow[];
  readonly upTo: number;
}
/** A ledger of this shard that is not known to be told. */
interface Follow extends Errand {
  readonly ledgerId: string;
}

export class BanCourier {
  readonly #ports: CourierPorts;
  readonly #errands: Errands<Tell | Follow>;
  /** Ledgers of this shard that know all that home knew when it was asked. */
  readonly #inStep = new Set<string>([HOME_LEDGER]);
  /** Those that were there when the shard was taken and do not know yet. */
  readonly #held = new Set<string>();
  /** What was logged: these errands are tried again every few seconds. */
  readonly #logged = new Set<string>();

  constructor(ports: CourierPorts) {
    this.#ports = ports;
    for (const ledgerId of ports.writer.state?.ledgers.keys() ?? []) if (ledgerId !== HOME_LEDGER) this.#held.add(ledgerId);
    this.#errands = new Errands(ports, {
      waiting: (isFree) => this.#waiting(isFree),
      run: (errand) => ('follower' in errand ? this.#tell(errand) : this.#follow(errand)),
    });
  }

  /** Ledgers that are behind what this shard's home ledger knows. */
  get behind(): number {
    const home = this.#ports.writer.state?.ledgers.get(HOME_LEDGER);
    return home ? [...home.bans.behind()].length : 0;
  }

  start(): void {
    this.#errands.start();
  }

  /** A block was committed. */
  notify(): void {
    const ledgers = this.#ports.writer.state?.ledgers;
    const home = ledgers?.get(HOME_LEDGER);
    const all = (ledgers?.size ?? 0) + (home ? 0 : 1);
    if (all > this.#inStep.size || home?.bans.behind().next().done === false) this.#errands.signal();
  }

  stop(): Promise<void> {
    return this.#errands.stop();
  }

  /** What people and bots are told until their ledger, if it was here, knows who is barred. */
  holdBack(lane: Lane, ledgerId: string): Refusal | null {
    if (!this.#held.has(ledgerId) || (lane !== 'people' && lane !== 'bots')) return null;
    return refuse('busy', { path: '/bans', retryAfterMs: ASK_AGAIN_MS });
  }

  *#waiting(isFree: (errand: Errand) => boolean): IterableIterator<Tell | Follow> {
    const ledgers = this.#ports.writer.state?.ledgers;
    for (const ledgerId of ledgers?.keys() ?? []) {
      const follow = { key: `follow ${ledgerId}`, shard: MAIN_SHARD, ledgerId };
      if (!this.#inStep.has(ledgerId) && isFree(follow)) yield follow;
    }
    const home = ledgers?.get(HOME_LEDGER);
    for (const follower of home?.bans.behind() ?? []) {
      const errand = { key: `tell ${follower}`, shard: shardOf(follower) };
      if (!home || !isFree(errand)) continue;
      const { owners, upTo } = home.bans.after(home.bans.toldTo(follower) as number);
      yield { ...errand, follower, bans: banRows(home, owners), upTo }; // as it is now: told once this is durable
    }
  }

  async #tell({ bans, follower, upTo }: Tell): Promise<ErrandEnd> {
    const { commands, shards, writer } = this.#ports;
    await shards.use(shardOf(follower));
    const refusal = await this.#ask(commands, follower, { type: 'TakeBans', bans, upTo });
    if (refusal !== null && refusal.code !== 'already_resolved') return this.#refused('bans.not_taken', follower, refusal);
    if (this.#errands.stopped) return 'later';
    // Only this writer may be told: one that was fenced meanwhile must not note what its successor does not know.
    const noted = await this.#ask(writer, HOME_LEDGER, { type: 'NoteBansTold', follower, upTo });
    return noted === null || noted.code === 'already_resolved' ? 'done' : this.#refused('bans.not_noted', follower, noted);
  }

  /** Until this ledger knows what home knew when it was asked. */
  async #follow({ ledgerId }: Follow): Promise<ErrandEnd> {
    const ask = () => this.#ask(this.#ports.commands, HOME_LEDGER, { type: 'FollowBans', follower: ledgerId });
    const first = await ask();
    if (first === null && !(await this.#told(ledgerId, 0))) return 'later';
    const known = first ?? (await ask()); // how far it has to get, home says to a ledger that follows
    if (known === null) return 'later';
    if (known.code !== 'already_resolved' || known.have === undefined) return this.#refused('bans.not_followed', ledgerId, known);
    if (!(await this.#told(ledgerId, known.have))) return 'later';
    this.#inStep.add(ledgerId);
    this.#held.delete(ledgerId);
    return 'done';
  }

  /** What does not pass by itself is an operator's business: nobody bets in that ledger, or those barred may. */
  #refused(event: string, ledgerId: string, { code, next, path }: Refusal): ErrandEnd {
    const what = `${event} ${ledgerId} ${code}`;
    if (next === 'retry' || this.#logged.has(what)) return 'later';
    this.#logged.add(what);
    this.#ports.log.error(event, { ledgerId, code, path });
    return 'later';
  }

  async #told(ledgerId: string, need: number): Promise<boolean> {
    for (let n = 0; n < WORD.times && !this.#errands.stopped; n++) {
      const upTo = this.#ports.writer.state?.ledgers.get(ledgerId)?.bans.takenUpTo ?? null;
      if (upTo !== null && upTo >= need) return true;
      await this.#errands.pause(WORD.pauseMs);
    }
    return false;
  }

  #ask(commands: Commands, ledgerId: string, cmd: Command): Promise<Refusal | null> {
    const commandId = makeId('cmd', this.#ports.clock.now(), randomBytes(10));
    return courierAsk(commands, { commandId, ledgerId, tenantId: 'system', lane: 'control', cmd });
  }
}
