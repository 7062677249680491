// `npx palpite <command>`.
import { runProgram } from './program.ts';

// Who reads may have enough, as `head` has: what the command does is still done.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

await runProgram(process.argv);
