import { spawnSync } from 'node:child_process';
import { expect, test, vi } from 'vitest';
import { isRunning } from './is-running.ts';

test('this process runs, one that has ended does not', () => {
  expect(isRunning(process.pid)).toBe(true);
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  expect(isRunning(pid)).toBe(false);
});

test('a process of another user runs, though it may not be asked', () => {
  const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
  });
  expect(isRunning(1)).toBe(true);
  // Asking must never end anybody.
  expect(kill).toHaveBeenCalledExactlyOnceWith(1, 0);
});
