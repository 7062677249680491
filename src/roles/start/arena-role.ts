// The live population: DNA from the store, made from the seed at the first start.
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresReadModels } from '#adapters/postgres/reads/read-models-public.ts';
import { population } from '#core/bots/random-dna.ts';
import { DecisionWriter } from '#arena/decision-writer.ts';
import { LiveArena } from '#arena/live-arena.ts';
import { Replica } from '#engine/state/replica.ts';
import { CONSENSUS_BOOK, EXECUTABLE_BOOK, REFERENCE_BOOK } from '../books.ts';
import { MAIN_LEDGER, MAIN_SHARD } from '../ledgers.ts';
import type { Running, Runtime } from '../runtime.ts';

const FUNDS_MINOR = 1_000_000;
const FLUSH_MS = 1_000;
/** Read models that are down for longer do not keep the bots from betting, ms. */
const HISTORY_MS_MAX = 30_000;
const HISTORY_LOOK_MS = 100;

export async function startArenaRole(runtime: Runtime): Promise<Running> {
  const { context } = runtime;
  const { bots: store, clock, environment, keys, log } = context;
  const { owner } = await keys.createOperator();
  const stored = await store.load();
  if (stored.length < environment.BOTS) {
    const known = new Set(stored.map((bot) => bot.dna.id));
    const bornAt = clock.now();
    const { ownerId, tenantId } = owner;
    const fresh = population(environment.SEED, environment.BOTS).filter((dna) => !known.has(dna.id));
    await store.add(fresh.slice(0, environment.BOTS - stored.length).map((dna) => ({ dna, ownerId, tenantId, bornAt })));
  }
  const decisions = new DecisionWriter(context.decisionLog(owner.tenantId), MAIN_SHARD);
  const replica = runtime.writer ? null : await followLedger(runtime);
  const arena = new LiveArena(
    await store.load(),
    {
      ledgerId: MAIN_LEDGER,
      execBook: EXECUTABLE_BOOK,
      memory: { consensus: CONSENSUS_BOOK, reference: REFERENCE_BOOK },
      fundsMinor: FUNDS_MINOR,
    },
    {
      bus: runtime.bus,
      bots: store,
      clock,
      log,
      submit: (encoded) => runtime.commands.submit(encoded),
      isStopping: () => runtime.draining,
      state: () => (runtime.writer ?? replica)?.state ?? null,
      onSheet: (sheet) => decisions.add(sheet),
      onBet: (outcome) => runtime.metrics.count('palpite_bets_total', 1, { via: 'bot', outcome }),
    },
  );
  await historyTold(runtime, replica?.place?.seq ?? runtime.writer?.place?.seq ?? 0);
  await arena.start();
  const flushing = setInterval(() => {
    decisions.flush().catch((error: unknown) => log.warn('arena.decisions_not_written', { error: String(error) }));
  }, FLUSH_MS);
  return {
    async stop() {
      clearInterval(flushing);
      await arena.stop();
      await replica?.stop();
      await decisions.flush().catch((error: unknown) => log.warn('arena.decisions_not_written', { error: String(error) }));
    },
  };
}

/** Waits until the read models tell of what stands in the journal: a bot that does not know of its last bet would make it again. */
async function historyTold(runtime: Runtime, seq: number): Promise<void> {
  const { database, log } = runtime.context;
  const reads = new PostgresReadModels(database.pool, { shard: MAIN_SHARD, ledgerId: MAIN_LEDGER });
  for (const until = performance.now() + HISTORY_MS_MAX; !runtime.draining; await sleep(HISTORY_LOOK_MS)) {
    const told = await reads.projectedSeq();
    if (told >= seq) return;
    if (performance.now() < until) continue;
    return log.warn('arena.history_behind', { seq, told });
  }
}

/** Wallets as the journal has them, where the writer runs in another process. */
async function followLedger({ context }: Runtime): Promise<Replica> {
  const { log, snapshots } = context;
  const replica = new Replica(MAIN_SHARD, { journal: await context.journal(), snapshots, log });
  await replica.start();
  return replica;
}
