import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './lock.mjs';

let folder;
let lock;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'foretoken-lock-'));
  lock = path.join(folder, 'setup.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A process of its own that holds the lock for a moment and notes when it started and ended. */
function holder(name) {
  const module = JSON.stringify(new URL('./lock.mjs', import.meta.url).href);
  const script = `
    const { withLock } = await import(${module});
    const { appendFileSync } = await import('node:fs');
    const log = (what) => appendFileSync(${JSON.stringify(path.join(folder, 'log'))}, what + ' ${name}\\n');
    await withLock(${JSON.stringify(lock)}, async () => {
      log('in');
      await new Promise((resolve) => setTimeout(resolve, 30));
      log('out');
    });`;
  return new Promise((resolve) => {
    spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }).on('close', resolve);
  });
}

describe('withLock', () => {
  it('lets one process in at a time, and every one in the end', async () => {
    const codes = await Promise.all(Array.from({ length: 6 }, (_, i) => holder(i)));
    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
    const lines = readFileSync(path.join(folder, 'log'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(12);
    for (let i = 0; i < lines.length; i += 2) {
      expect(lines[i].startsWith('in ')).toBe(true);
      expect(lines[i + 1]).toBe(lines[i].replace('in', 'out'));
    }
    expect(existsSync(lock)).toBe(false);
  });

  it('takes over from a process that was killed', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    writeFileSync(lock, String(pid));
    expect(await withLock(lock, async () => 'done')).toBe('done');
    expect(existsSync(lock)).toBe(false);
  });

  it('takes over when another program has the id of the killed one', async () => {
    writeFileSync(lock, String(process.ppid));
    const longAgo = new Date(Date.now() - 120_000);
    utimesSync(lock, longAgo, longAgo);
    expect(await withLock(lock, async () => 'done')).toBe('done');
  });

  it('waits for a live holder and says for whom', async () => {
    writeFileSync(lock, String(process.ppid));
    const waited = [];
    setTimeout(() => rmSync(lock), 250);
    await withLock(
      lock,
      async () => {},
      (pid) => waited.push(pid),
    );
    expect(waited).toEqual([process.ppid]);
  });

  it('gives the lock back when the work throws', async () => {
    await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(lock)).toBe(false);
  });
});
