import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isRunning } from './is-running.ts';

test('this process runs, one that has ended does not', () => {
  expect(isRunning(process.pid)).toBe(true);
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  expect(isRunning(pid)).toBe(false);
});

test.runIf(process.platform === 'linux')(
  'a process that has ended and that nobody has waited for runs no more',
  async () => {
    // A shell that becomes another program never waits for the child that it had.
    const parent = spawn('/bin/sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const [text] = await once(parent.stdout, 'data');
    const pid = Number(String(text));
    const said = (file: string) => readFileSync(file, 'latin1');
    await vi.waitFor(() => expect(said(`/proc/${parent.pid}/cmdline`)).toMatch(/^sleep/), 5000);
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(said(`/proc/${pid}/stat`)).toContain(') Z '), 5000);
    expect(isRunning(pid)).toBe(false);
  },
);

test('a process of another user runs, though it may not be asked', () => {
  const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
  });
  expect(isRunning(1)).toBe(true);
  // Asking must never end anybody.
  expect(kill).toHaveBeenCalledExactlyOnceWith(1, 0);
});
