import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { cleanFolder } from '../clean/clean-folder.ts';
import { readReportData } from '../report/report-data.ts';
import { tryFolder } from '../run/folder-lock.ts';
import { contentOf, projectOf, upgrades } from './versions.fixture.ts';

const { upgrade, refusal } = upgrades();

const write = (file: string, value: object) => writeFileSync(file, JSON.stringify(value));

describe('two upgrades of one folder', () => {
  /** Puts the lock of a process there, as if it were upgrading the run. */
  function lockedBy(pid: number) {
    const project = projectOf('v1');
    const run = path.join(project, 'run');
    mkdirSync(`${run}.v2-lock`);
    const claim = { formatVersion: 1, token: 'other', holds: true, about: `upgrading ${run}`, pid };
    write(path.join(`${run}.v2-lock`, 'coordinator-0a.json'), claim);
    return { project, run };
  }

  it('do not meet: the second is told who is at it, also through a link, and touches nothing', async () => {
    const { project, run } = lockedBy(process.ppid);
    symlinkSync('run', path.join(project, 'link'));
    const before = contentOf(project);
    for (const folder of [run, path.join(project, 'link')])
      expect(await refusal(folder)).toMatch(
        new RegExp(`^ABLATION_BUSY: process ${process.ppid} is upgrading ${run}\\.`),
      );
    expect(contentOf(project)).toEqual(before);
  });

  it('follow one another where the first was killed, and nothing of its lock is left', async () => {
    const { project, run } = lockedBy(2 ** 22 + 1);
    writeFileSync(path.join(`${run}.v2-lock`, '.coordinator-1b.json.4194305-0123456789ab.tmp'), '{');
    expect((await upgrade(run)).outcome).toBe('upgraded');
    expect(readdirSync(project).filter((name) => name.startsWith('run'))).toEqual(['run', 'run.v1-backup']);
  });

  it('at once are one, and the others have nothing to do or are told', async () => {
    const project = projectOf('v1');
    const run = path.join(project, 'run');
    const before = contentOf(run);
    const said = await Promise.all(
      [1, 2, 3].map(() =>
        upgrade(run).then(
          ({ outcome }) => outcome,
          (error: Error) => error.message.split(':')[0],
        ),
      ),
    );
    expect(said.filter((each) => each === 'upgraded').length).toBeLessThan(2);
    expect(said.filter((each) => !['upgraded', 'none', 'ABLATION_BUSY'].includes(each))).toEqual([]);
    if (!said.includes('upgraded')) await upgrade(run);
    expect(contentOf(`${run}.v1-backup`)).toEqual(before);
    expect(readdirSync(project).filter((name) => name.startsWith('run'))).toEqual(['run', 'run.v1-backup']);
  });
});

describe('an upgrade that was killed between its two renames', () => {
  /** A run that nothing has the name of. */
  async function interrupted() {
    const project = projectOf('v1');
    const run = path.join(project, 'run');
    await upgrade(run);
    renameSync(run, `${run}.v2-ready`);
    symlinkSync('run', path.join(project, 'link'));
    return { project, run, before: contentOf(project) };
  }

  it('is said by whoever looks for the folder, and nothing is touched', async () => {
    const { project, run, before } = await interrupted();
    const said = new RegExp(`^RUN_NOT_FOUND: .*run\\.v1-backup and .*run\\.v2-ready are: .*"foretoken upgrade ${run}"`);
    expect(await refusal(run, { dryRun: true })).toMatch(said);
    await expect(cleanFolder(run, { apply: true, keepLast: 1 })).rejects.toThrow(said);
    await expect(readReportData(run)).rejects.toThrow(said);
    expect(contentOf(project)).toEqual(before);
  });

  it.each(['run', 'link'])('is finished where the folder lies, by the name %s too', async (name) => {
    const { project, run } = await interrupted();
    const backup = contentOf(`${run}.v1-backup`);
    expect(await upgrade(path.join(project, name))).toMatchObject({ outcome: 'finished', directory: run });
    expect(readdirSync(project).filter((each) => each.startsWith('run'))).toEqual(['run', 'run.v1-backup']);
    expect(contentOf(`${run}.v1-backup`)).toEqual(backup);
    expect((await upgrade(run)).outcome).toBe('none');
  });

  it('is done again where only the backup is left', async () => {
    const { run } = await interrupted();
    rmSync(`${run}.v2-ready`, { recursive: true });
    expect((await upgrade(run)).outcome).toBe('upgraded');
    expect(existsSync(`${run}.v1-backup`)).toBe(true);
  });
});

describe('an ablation that is upgraded', () => {
  it.each([true, false])(
    'is run by nobody until it is upgraded, and keeps no lock; with leases before: %s',
    async (had) => {
      const project = projectOf('v1');
      const root = path.join(project, 'ablation');
      if (had) mkdirSync(path.join(root, 'leases'));
      const before = contentOf(root);
      const others: number[] = [];
      const look = async () => {
        const found = await tryFolder(path.join(existsSync(root) ? root : `${root}.v1-backup`, 'leases'), {});
        others.push('others' in found ? found.others.length : 0);
      };
      const disk = {
        ...fs,
        // Of all calls of an upgrade: those that make the folders and files of the new one, and the renames.
        mkdir: async (...given: Parameters<typeof fs.mkdir>) => {
          await look();
          return fs.mkdir(...given);
        },
        rename: async (...given: Parameters<typeof fs.rename>) => {
          await look();
          return fs.rename(...given);
        },
      } as never;
      expect((await upgrade(root, { disk })).leftOut).toEqual([]);
      expect(others.length).toBeGreaterThan(10);
      expect(others.filter((count) => count !== 1)).toEqual([]);
      expect(contentOf(`${root}.v1-backup`)).toEqual(before);
      expect(Object.keys(contentOf(root)).filter((name) => name.startsWith('leases'))).toEqual(had ? ['leases/'] : []);
    },
  );
});
