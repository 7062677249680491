// `npx palpite <command>`.
import { runProgram } from './program.ts';

await runProgram(process.argv);
