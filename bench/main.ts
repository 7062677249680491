// `npm run bench -- [name] [--json] [options]`: one file per bench; with --json the last thing printed is one JSON object.

const BENCHES: Record<
  string,
  { does: string; load: () => Promise<{ run: (args: readonly string[]) => Promise<Record<string, unknown>> }> }
> = {
  writer: { does: 'bets through the durable writer against SQL baselines', load: () => import('./writer.ts') },
  replay: { does: 'bot evaluations per second over a season', load: () => import('./replay.ts') },
  http: { does: 'bets over REST through the whole program', load: () => import('./http.ts') },
  push: { does: 'age of the newest price on thousands of sockets', load: () => import('./push.ts') },
  'exchange-replay': {
    does: 'book updates of a recorded exchange market with matching on',
    load: () => import('./exchange-replay.ts'),
  },
  orderbook: { does: 'the order book alone and through the durable writer', load: () => import('./orderbook.ts') },
  pipeline: { does: 'updates from the supplier to committed history and cache', load: () => import('./pipeline.ts') },
  settle: {
    does: 'a market with 100,000 open bets settled while others bet; a suspension behind a full queue',
    load: () => import('./settle.ts'),
  },
  start: { does: 'start with a million open bets; rebuild from the journal', load: () => import('./start.ts') },
};

const args = process.argv.slice(2);
const name = args.find((arg) => !arg.startsWith('--'));
if (args.includes('--help') || (name !== undefined && !Object.hasOwn(BENCHES, name))) {
  console.log('npm run bench -- [name] [--json]\n');
  for (const [bench, { does }] of Object.entries(BENCHES)) console.log(`  ${bench.padEnd(15)} ${does}`);
  process.exit(args.includes('--help') ? 0 : 2);
}
const names = name === undefined ? Object.keys(BENCHES) : [name];
const results: Record<string, unknown> = {};
for (const bench of names) {
  const { run } = await (BENCHES[bench] as (typeof BENCHES)[string]).load();
  results[bench] = await run(args);
}
if (args.includes('--json')) console.log(JSON.stringify(name === undefined ? results : results[name], null, 2));
