// A progress bar on standard error for work that takes longer than a breath; nothing where no person looks.
import { SingleBar } from 'cli-progress';

export interface ProgressBar {
  update(stage: string, done: number, total: number): void;
  stop(): void;
}

/** One bar that starts anew with each stage. */
export function progressBar(wanted: boolean, unit: string): ProgressBar {
  if (!wanted || !process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const format = `{stage} {bar} {percentage}% | {value}/{total} ${unit} | {eta_formatted} left`;
  const bar = new SingleBar({ format, clearOnComplete: true });
  let current = '';
  return {
    update(stage, done, total) {
      if (stage !== current) {
        if (current !== '') bar.stop();
        bar.start(total, done, { stage });
        current = stage;
      }
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
