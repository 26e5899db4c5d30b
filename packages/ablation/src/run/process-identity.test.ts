import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { endProcess, identityOf, isAlive } from './process-identity.ts';

/** A process that waits until it is ended. */
async function started(): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6); console.log("up")'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child as ChildProcess & { readonly pid: number };
}

test('a process is told from a later one of the same number by when it started', async () => {
  const own = await identityOf(process.pid);
  expect(own).toMatchObject({ pid: process.pid, started: expect.stringMatching(/^\S+ \d+$/) });
  expect(await isAlive(own)).toBe(true);
  expect(await isAlive({ pid: process.pid })).toBe(true);
  expect(await isAlive({ ...own, started: `${own.started}0` })).toBe(false);
});

test('a number that no process has is of none, and so is that of a group', async () => {
  // Beyond what Linux gives out.
  expect(await identityOf(2 ** 22 + 1)).toEqual({ pid: 2 ** 22 + 1 });
  for (const pid of [2 ** 22 + 1, 0, -1]) expect(await isAlive({ pid })).toBe(false);
});

test('a process that is ended is alive no more, and may be ended twice', async () => {
  const child = await started();
  const identity = await identityOf(child.pid);
  expect(await isAlive(identity)).toBe(true);
  const ended = once(child, 'exit');
  endProcess(child.pid);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(await isAlive(identity)).toBe(false);
  expect(() => endProcess(child.pid)).not.toThrow();
});
