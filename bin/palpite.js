#!/usr/bin/env node
// The command line: `npx palpite <command>`.
import { run } from './run.js';

await run('src/cli/main.ts', process.argv.slice(2));
