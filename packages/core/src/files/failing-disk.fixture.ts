import type { FileHandle } from 'node:fs/promises';
import { type Disk, realDisk } from './disk.ts';

/** What a test makes of one call: an errno to fail with, `short` to write only part, or undefined to let it be. */
export type Fault = (call: string, index: number) => string | undefined;

/** Thrown by every call after a simulated kill: nothing runs on to tidy up. */
export const KILLED = 'KILLED';

/** A disk that works on real files, notes every call and lets a test spoil any of them. */
export function failingDisk(fault: Fault): { disk: Disk; calls: string[] } {
  const calls: string[] = [];
  let isDead = false;
  const meet = (call: string) => {
    calls.push(call);
    const found = isDead ? KILLED : fault(call, calls.length - 1);
    if (found === KILLED) isDead = true;
    if (found === undefined || found === 'short') return found;
    throw Object.assign(new Error(`${found}: simulated, ${call}`), { code: found });
  };
  const disk = {
    ...realDisk,
    async open(path: string, flags: string) {
      meet(flags === 'r' ? 'open to read' : 'open to write');
      return spoiled(await realDisk.open(path, flags), meet);
    },
    async rename(from: string, to: string) {
      meet('rename');
      await realDisk.rename(from, to);
    },
    async rm(path: string, options: { force: boolean }) {
      meet('rm');
      await realDisk.rm(path, options);
    },
  } as unknown as Disk;
  return { disk, calls };
}

/** The handle itself is always closed, so that no test leaks one. */
function spoiled(handle: FileHandle, meet: (call: string) => string | undefined): FileHandle {
  return new Proxy(handle, {
    get(target, property) {
      if (property === 'write') {
        return async (bytes: Uint8Array, from: number, length: number) => {
          const isShort = meet('write') === 'short';
          return target.write(bytes, from, isShort ? Math.ceil(length / 3) : length);
        };
      }
      if (property === 'sync' || property === 'truncate') {
        return async (...args: never[]) => {
          meet(property);
          return (target[property] as (...args: never[]) => Promise<void>)(...args);
        };
      }
      if (property === 'close') {
        return async () => {
          await target.close();
          meet('close');
        };
      }
      const value = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
