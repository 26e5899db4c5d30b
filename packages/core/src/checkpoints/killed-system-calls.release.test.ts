import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { killFromOutside } from './killed-calls.fixture.ts';
import type { Saver } from './killed-saver.fixture.ts';

const TRACED = ['strace', '-qq', '-o', '/dev/null', '-e', 'trace=none', process.execPath, '-e', '0'] as const;
const isTraceable = spawnSync(TRACED[0], TRACED.slice(1)).status === 0;
if (!isTraceable) console.log('skipped: needs strace, and to be allowed to trace (Debian: apt-get install strace)');

/** What a save asks of the kernel that changes anything, or comes in between. */
const SYSTEM_CALLS = ['mkdir', 'openat', 'write', 'fsync', 'close', 'getdents64', 'rename', 'unlink'];

/** File-system calls are made on one thread, so that the kernel's nth is the program's. */
const ONE_THREAD = { UV_THREADPOOL_SIZE: '1' };

/** Lets the kernel kill a process that is ready to save as it enters its nth call of this name. */
async function attach(saver: Saver, systemCall: string, nth: number): Promise<void> {
  await once(saver.stdout, 'data');
  const inject = `inject=${systemCall}:signal=KILL:when=${nth}`;
  const strace = spawn('strace', ['-f', '-o', '/dev/null', '-e', inject, '-p', String(saver.pid)]);
  await new Promise<void>((resolve, reject) => {
    let said = '';
    strace.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('attached')) resolve();
    });
    strace.once('close', () => reject(new Error(`strace did not attach: ${said}`)));
  });
}

// CI runs the same with a disk that kills its own process (`killed-calls`): there a container may not trace.
describe.skipIf(!isTraceable).each([0, 3])('a save after %i others, killed by the kernel', (saved) => {
  it.each(SYSTEM_CALLS)('as it enters any %s, leaves the whole old checkpoint or the whole new one', async (name) => {
    const kills = await killFromOutside({ saved }, (saver, nth) => attach(saver, name, nth), ONE_THREAD);
    expect(kills.filter(({ bad }) => bad !== undefined)).toEqual([]);
    console.log(`${name}, ${saved} saved before: ${kills.length} kills`);
    const isAsked = saved === 0 ? name !== 'unlink' : name !== 'mkdir';
    expect(kills.length > 0).toBe(isAsked);
  });
});
