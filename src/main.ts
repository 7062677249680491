// Role names -> start -> signal -> graceful stop. No names: all roles in this process.
import { startProcess } from '#roles/process.ts';
import { explain } from '#roles/explain.ts';

/** A stop that takes longer than this ends anyway, ms. */
const STOP_MS_MAX = 25_000;

try {
  const palpite = await startProcess(process.argv.slice(2));
  console.log('Palpite is running; Ctrl-C stops it.');
  const signal = new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve(name));
  });
  const failed = palpite.failed.then((reason) => {
    console.error(`Palpite stops: ${reason}`);
    process.exitCode = 1;
  });
  await Promise.race([signal, failed]);
  // A second signal does not wait.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(130));
  setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
  await palpite.stop();
  // A client may have left something running: a process that was paused for long took 15 to 25 s more for timers of its consumers.
  process.exit();
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
