// Programs of others that judge our files. `.ci/run` installs them; on a machine without them their tests are skipped, which fails under CI=true.
import { execFileSync, spawnSync } from 'node:child_process';

export interface Checker {
  /** For test(): why it cannot run, or false. Never set under CI=true, where its absence is a fault. */
  readonly skip: string | false;
  /** Runs it; returns everything it said. Throws when it found a fault. */
  check(args: readonly string[], options?: { readonly env?: Record<string, string>; readonly cwd?: string }): string;
}

/** A program on the path; `asking` makes it print its version. */
export function checker(program: string, asking: readonly string[] = ['--version']): Checker {
  const found = spawnSync(program, asking, { stdio: 'ignore' }).status === 0;
  const reason = `${program} is not installed: .ci/run shows how; without it this file is not judged`;
  if (!found) console.error(`NOT CHECKED: ${reason}`);
  return {
    skip: found || process.env['CI'] === 'true' ? false : reason,
    check(args, { cwd, env } = {}) {
      if (!found) throw new Error(reason);
      const options = { encoding: 'utf8' as const, env: { ...process.env, ...env }, ...(cwd ? { cwd } : {}) };
      const { status, stderr, stdout } = spawnSync(program, args, options);
      if (status !== 0) throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`);
      return stdout + stderr;
    },
  };
}

/** Makes the secret files as an operator would. */
export function makeSecrets(root: string, folder: string): void {
  execFileSync('sh', [`${root}/deploy/make-secrets.sh`, folder], { stdio: 'ignore' });
}
