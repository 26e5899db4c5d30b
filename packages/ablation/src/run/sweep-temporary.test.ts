import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { folderWith } from '../plan/planning.fixture.ts';
import { sweepTemporary } from './sweep-temporary.ts';

/** No system numbers a process so. */
const DEAD = 2 ** 22 + 1;
const HASH = 'c0ffee'.repeat(10).padEnd(64, '0');

it('what the dead and an earlier process of this number left half-written goes; what others are writing stays', async () => {
  const folder = await folderWith({});
  const files = [
    `.report.html.${DEAD}-0123456789ab.tmp`,
    `.results.json.${process.pid}-0123456789ab.tmp`,
    `trainings/a/checkpoints/.step-00000008.safetensors.${DEAD}-0123456789ab.tmp`,
    `trainings/.tokens/${HASH}.${DEAD}-0123456789ab.tmp/train.tokens`,
    `trainings/.tokens/${HASH}.${DEAD}-0123456789ab.tmp.broken/train.tokens`,
  ];
  const kept = [
    `.report.md.${process.ppid}-0123456789ab.tmp`,
    `trainings/.tokens/${HASH}.${process.ppid}-0123456789ab.tmp/train.tokens`,
    `trainings/.tokens/${HASH}/train.tokens`,
    'cells/a/cell.json',
    'cells/a/notes.tmp',
  ];
  for (const name of [...files, ...kept]) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), '');
  }
  await sweepTemporary(folder);
  const left = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(left.map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name))).sort()).toEqual(
    kept.sort(),
  );
});
