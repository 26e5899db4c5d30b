import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Disk, realDisk } from '../files/disk.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { withTemporaryPath } from '../files/temporary-name.ts';
import { writeNewFile } from '../files/write-file-atomic.ts';
import { findLeftovers } from './leftovers.ts';

const HEX = '0123456789ab';
/** No process has it: the largest is below. */
const GONE = 2 ** 22 + 1;

describe('what killed processes left', () => {
  it('is told from what a living process writes, from names that look alike and from links', async () => {
    const run = join(temporaryFolder(), 'run');
    const tokens = `${'a'.repeat(64)}.${GONE}-${HEX}.tmp`;
    mkdirSync(join(run, 'checkpoints', tokens), { recursive: true });
    const file = (name: string) => writeFileSync(join(run, name), 'half');
    const [own, gone, living] = [process.pid, GONE, process.ppid].map((pid) => `.a.json.${pid}-${HEX}.tmp`);
    for (const name of [own, gone, living, `a.json.${GONE}-${HEX}.tmp`, '.a.json.tmp']) file(name);
    file(join('checkpoints', tokens, 'train.tokens'));
    symlinkSync(run, join(run, `.link.${GONE}-${HEX}.tmp`));
    symlinkSync(dirname(run), join(run, 'above'));
    const { remove, keep } = await findLeftovers(run);
    const found = (files: typeof remove) =>
      files.map(({ path, bytes, why }) => [path.slice(run.length + 1), bytes, why]).sort();
    expect(found(remove)).toEqual(
      [
        [own, 4, `unfinished, and process ${process.pid} is gone`],
        [gone, 4, `unfinished, and process ${GONE} is gone`],
        [`checkpoints/${tokens}`, 4, `unfinished, and process ${GONE} is gone`],
      ].sort(),
    );
    expect(found(keep)).toEqual([[living, 4, `process ${process.ppid} may be writing it`]]);
  });

  it('is not what this process is writing', async () => {
    const run = temporaryFolder();
    let seen: unknown[] = [];
    async function* chunks() {
      yield Buffer.from('half');
      const { remove, keep } = await findLeftovers(run);
      seen = [remove, keep.map(({ why }) => why)];
    }
    await withTemporaryPath(join(run, '.a.json'), (path) => writeNewFile(path, chunks()));
    expect(seen).toEqual([[], [`process ${process.pid} may be writing it`]]);
  });

  it('may go meanwhile, and folders with it', async () => {
    const run = temporaryFolder();
    const name = `.a.json.${GONE}-${HEX}.tmp`;
    writeFileSync(join(run, name), 'half');
    const tokens = join(run, `${'a'.repeat(64)}.${GONE}-${HEX}.tmp`);
    mkdirSync(join(tokens, 'deep'), { recursive: true });
    mkdirSync(join(run, 'checkpoints'));
    const readdir = async (path: string, options: object) => {
      const found = await realDisk.readdir(path, options as never);
      if (path === run) for (const one of [join(run, name), join(run, 'checkpoints')]) rmSync(one, { recursive: true });
      if (path === tokens) rmSync(join(tokens, 'deep'), { recursive: true });
      return found;
    };
    const { remove, keep } = await findLeftovers(run, { disk: { ...realDisk, readdir } as unknown as Disk });
    expect([remove.map(({ path, bytes }) => [path, bytes]), keep]).toEqual([[[tokens, 0]], []]);
  });

  it('of upgrades lies beside the folder; a finished upgrade and a backup are none', async () => {
    const run = join(temporaryFolder(), 'run');
    for (const name of [
      run,
      `${run}.v2-ready.${GONE}-${HEX}.tmp`,
      `${run}.v2-ready`,
      `${run}.v1-backup`,
      join(dirname(run), `runs.v2-ready.${GONE}-${HEX}.tmp`),
    ])
      mkdirSync(name);
    expect((await findLeftovers(run)).remove.map(({ path }) => path)).toEqual([`${run}.v2-ready.${GONE}-${HEX}.tmp`]);
  });

  it('cannot be looked for where there is nothing', async () => {
    await expect(findLeftovers(join(temporaryFolder(), 'nowhere'))).rejects.toThrow(/^FILE_READ: /);
  });
});
