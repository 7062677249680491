// Writes the golden journal of this release: `node test/golden/write-journal.ts 0.1.0`. Once per release, never over an existing file.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateHash } from '#engine/state/snapshot.ts';
import { playMatch } from '../engine/played.ts';
import { Scene } from '../engine/scene.ts';

const release = process.argv[2];
if (!release || !/^\d+\.\d+\.\d+$/.test(release)) throw new Error('usage: node test/golden/write-journal.ts <release>');
const scene = await Scene.open();
await playMatch(scene);
const blocks = (await scene.blocks()).map((block) => ({ ...block, body: Buffer.from(block.body).toString('base64') }));
const hash = stateHash(scene.writer.state as Parameters<typeof stateHash>[0]);
const path = join(import.meta.dirname, `journal-${release}.json`);
writeFileSync(path, `${JSON.stringify({ release, stateHash: hash, blocks }, null, 1)}\n`, { flag: 'wx' });
await scene.writer.stop();
