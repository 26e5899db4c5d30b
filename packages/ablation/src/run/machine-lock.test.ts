import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { folderWith, planOf } from '../plan/planning.fixture.ts';
import { type MachineHolder, takeMachine } from './machine-lock.ts';
import { identityOf, isAlive } from './process-identity.ts';

const tellsStart = process.platform === 'linux';
const fixture = fileURLToPath(new URL('./timing.fixture.mjs', import.meta.url));

let locks: string;
beforeEach(async () => {
  locks = await folderWith({});
  vi.stubEnv('FORETOKEN_LOCKS', locks);
});

const children: ChildProcess[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(args: string[], options: object): ChildProcess & { readonly pid: number } {
  const child = spawn(process.execPath, args, options);
  children.push(child);
  return child as ChildProcess & { readonly pid: number };
}

const patiently = { timeout: 50_000, interval: 20 };

const sleeper = () => start(['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });

/** Somebody who has the machine, as their file says. */
async function holds(holder: object): Promise<void> {
  await mkdir(path.join(locks, 'timing'));
  const file = path.join(locks, 'timing', 'coordinator-x.json');
  await writeFile(file, JSON.stringify({ formatVersion: 1, token: 'x', holds: true, about: '/their/out', ...holder }));
}

function take(signal = new AbortController().signal) {
  const waited: MachineHolder[] = [];
  const taken = takeMachine({
    ...{ ablation: '/own/out', pid: process.pid, signal },
    onWait: (holder) => waited.push(holder),
  });
  return { waited, taken };
}

describe('the lock of the machine', () => {
  it('is waited for, once said who has it, and taken when it is given back', async () => {
    const first = await take().taken;
    const second = take();
    await expect.poll(() => second.waited, patiently).toEqual([{ pid: process.pid, ablation: '/own/out' }]);
    await first.release();
    await (await second.taken).release();
    expect(second.waited).toHaveLength(1);
    expect(await readdir(path.join(locks, 'timing'))).toEqual([]);
  });

  it('is not waited for any longer once the run is stopped', async () => {
    const other = sleeper();
    await holds(await identityOf(other.pid));
    const controller = new AbortController();
    const { waited, taken } = take(controller.signal);
    const refused = expect(taken).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => waited, patiently).toEqual([{ pid: other.pid, ablation: '/their/out' }]);
    controller.abort();
    await refused;
    expect(await readdir(path.join(locks, 'timing'))).toEqual(['coordinator-x.json']);
  });

  it('is not that of the dead', async () => {
    await holds({ pid: 2 ** 22 + 1 });
    const { waited, taken } = take();
    await (await taken).release();
    expect(waited).toEqual([]);
  });

  it('says from its first moment which process works for its holder', async () => {
    const worker = sleeper();
    const lock = await takeMachine({
      ...{ ablation: '/own/out', pid: worker.pid, signal: new AbortController().signal },
      onWait: () => {},
    });
    const [name] = await readdir(path.join(locks, 'timing'));
    const written = JSON.parse(await readFile(path.join(locks, 'timing', name), 'utf8'));
    expect(written).toMatchObject({ pid: process.pid, holds: true, worker: await identityOf(worker.pid) });
    await lock.release();
  });

  it.skipIf(!tellsStart)(
    'is not that of a later process with the same number (where /proc says when one started)',
    async () => {
      await holds({ pid: process.pid, started: 'an earlier boot 1' });
      await (await take().taken).release();
    },
  );

  it.skipIf(!tellsStart)(
    'is free when the worker of a dead holder is gone too, a stopped one being ended (where /proc says when one started)',
    async () => {
      const worker = sleeper();
      const identity = await identityOf(worker.pid);
      worker.kill('SIGSTOP');
      await holds({ pid: 2 ** 22 + 1, worker: identity });
      await (await take().taken).release();
      expect(await isAlive(identity)).toBe(false);
    },
  );
});

it('two ablations at once never time at the same moment, and one that is killed blocks nobody', async () => {
  const log = path.join(locks, 'log');
  const ablation = async () => {
    const plan = await planOf('axes: { model.head.horizon: [1, 2, 3] }\nseeds: [0]');
    const file = `${plan.directory}.plan.json`;
    await writeFile(file, JSON.stringify(plan));
    return file;
  };
  const [first, second] = [await ablation(), await ablation()];
  const begin = (file: string, numProcesses: number) =>
    start([fixture, file, log, String(numProcesses)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = async (child: ChildProcess) => (await once(child, 'exit'))[0];
  // It never has as many beside it: it is killed while it has the machine.
  const killed = begin(first, 4);
  await once(killed.stdout!, 'data');
  killed.kill('SIGKILL');
  await ended(killed);
  const both = [begin(first, 3), begin(second, 3)];
  expect(await Promise.all(both.map(ended))).toEqual([0, 0]);
  const lines = (await readFile(log, 'utf8')).trim().split('\n');
  const timings = lines.filter((line) => !line.startsWith('ready') && !line.endsWith(` ${killed.pid}`));
  for (const { pid } of both) expect(timings.filter((line) => line === `end ${pid}`)).toHaveLength(3);
  for (let i = 0; i < timings.length; i += 2) {
    const [, pid] = timings[i].split(' ');
    expect(timings.slice(i, i + 2)).toEqual([`begin ${pid}`, `end ${pid}`]);
  }
});
