import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { folderWith, planOf } from '../plan/planning.fixture.ts';
import { openAblationStore } from './ablation-store.ts';
import { lockFolder } from './folder-lock.ts';
import { openLeases } from './leases.ts';
import { identityOf, isAlive } from './process-identity.ts';
import { createLocalScheduler } from './scheduler.ts';

const tellsStart = process.platform === 'linux';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that does nothing until it is killed. */
function sleeper(): ChildProcess & { readonly pid: number } {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  children.push(child);
  return child as ChildProcess & { readonly pid: number };
}

const holderFile = async (folder: string, holder: object) => {
  await mkdir(folder, { recursive: true });
  await writeFile(
    path.join(folder, 'coordinator-x.json'),
    JSON.stringify({ formatVersion: 1, token: 'x', holds: true, ...holder }),
  );
};

describe('the lock of a folder', () => {
  it('is refused while the process that has it lives, by its number, and given up when it is done', async () => {
    const folder = path.join(await folderWith({}), 'leases');
    const other = sleeper();
    await holderFile(folder, await identityOf(other.pid));
    const refused = { code: 'ABLATION_BUSY', message: expect.stringContaining(`process ${other.pid} is running`) };
    await expect(openLeases(folder)).rejects.toMatchObject(refused);
    other.kill('SIGKILL');
    await once(other, 'exit');
    const leases = await openLeases(folder);
    await expect(openLeases(folder)).rejects.toMatchObject({ code: 'ABLATION_BUSY' });
    await leases.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it.skipIf(!tellsStart)(
    'is not that of a later process with the same number (where /proc says when one started)',
    async () => {
      const folder = path.join(await folderWith({}), 'leases');
      await holderFile(folder, { pid: process.pid, started: 'an earlier boot 1' });
      await (await openLeases(folder)).close();
    },
  );

  it('leaves nothing behind where it could not be taken, so that the next try is free', async () => {
    const folder = path.join(await folderWith({}), 'leases');
    await holderFile(folder, {});
    const spoilt = path.join(folder, 'coordinator-x.json');
    await writeFile(spoilt, '{');
    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
    expect(await readdir(folder)).toEqual(['coordinator-x.json']);
    await rm(spoilt);
    await (await lockFolder(folder)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is taken over from the dead by one alone, however many try at once', async () => {
    for (let round = 0; round < 8; round++) {
      const folder = path.join(await folderWith({}), 'leases');
      await holderFile(folder, { pid: 2 ** 22 + 1 });
      const tries = await Promise.allSettled(Array.from({ length: 6 }, () => lockFolder(folder)));
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await readdir(folder)).toEqual([expect.stringMatching(/^coordinator-[0-9a-f]{24}\.json$/)]);
    }
  });
});

describe('a lease', () => {
  it('that was lost lets its worker renew, publish and end nothing', async () => {
    const plan = await planOf('seeds: [0]');
    const store = openAblationStore(plan.directory);
    const leases = await openLeases(path.join(plan.directory, 'leases'));
    const scheduler = await createLocalScheduler(plan, store, leases);
    const claim = (await scheduler.claim(process.pid))!;
    const other = await leases.take(`train-${plan.trainings[0].key}`, process.pid);
    const failed = {
      kind: 'failed',
      failures: [{ id: plan.cells[0].id, task: 'train', code: 'X', message: 'x' }],
    } as const;
    await expect(scheduler.renew(claim, process.pid)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(scheduler.publish(claim, failed)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await store.readFailure(plan.cells[0].id)).toBeUndefined();
    await scheduler.release(claim);
    await leases.check(`train-${plan.trainings[0].key}`, other);
  });

  it('names the process that does the task, and goes with the outcome', async () => {
    const plan = await planOf('seeds: [0]');
    const leases = await openLeases(path.join(plan.directory, 'leases'));
    const scheduler = await createLocalScheduler(plan, openAblationStore(plan.directory), leases);
    const claim = (await scheduler.claim(process.pid))!;
    const file = path.join(plan.directory, 'leases', `train-${plan.trainings[0].key}.json`);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ pid: process.pid, token: claim.token });
    await scheduler.publish(claim, { kind: 'failed', failures: [] });
    await leases.close();
    expect(await readdir(path.dirname(file))).toEqual([]);
  });

  it.skipIf(!tellsStart)(
    'of a dead coordinator is ended with its worker, a stopped one too (where /proc says when one started)',
    async () => {
      const folder = path.join(await folderWith({}), 'leases');
      const worker = sleeper();
      await holderFile(folder, { pid: 2 ** 22 + 1 });
      const identity = await identityOf(worker.pid);
      await writeFile(path.join(folder, 'train-x.json'), JSON.stringify({ formatVersion: 1, token: 'y', ...identity }));
      worker.kill('SIGSTOP');
      await (await openLeases(folder)).close();
      expect(await isAlive(identity)).toBe(false);
      expect(await readdir(folder)).toEqual([]);
    },
  );
});
