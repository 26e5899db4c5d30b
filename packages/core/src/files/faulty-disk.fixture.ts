import type { FileHandle } from 'node:fs/promises';
import type { Disk } from './disk.ts';

/** What becomes of a call: an errno to fail with, or undefined to let it be. */
export type FaultOf = (call: string, index: number) => string | undefined;

/** Calls of a file that is open. */
const OF_HANDLES = ['write', 'read', 'readFile', 'truncate', 'sync', 'stat', 'close'];

/**
 * Another disk, any call of which a test lets fail, reading and looking included: it has no effect then, but that a file is closed and that
 * half of a write is done.
 */
export function faultyDisk(base: Disk, faultOf: FaultOf): { readonly disk: Disk; readonly calls: string[] } {
  const calls: string[] = [];
  const meet = (call: string, path: unknown) => {
    calls.push(call);
    const errno = faultOf(call, calls.length - 1);
    if (errno !== undefined) throw Object.assign(new Error(`${errno}: simulated, ${call} '${path}'`), { code: errno });
  };
  const wrapped = Object.fromEntries(
    Object.entries(base).map(([name, call]) => [
      name,
      async (path: string, ...rest: unknown[]) => {
        meet(name === 'open' && rest[0] !== 'r' ? 'open to write' : name, path);
        const found = await (call as (...given: unknown[]) => Promise<unknown>)(path, ...rest);
        return name === 'open' ? faultyHandle(found as FileHandle, (each) => meet(each, path)) : found;
      },
    ]),
  );
  return { disk: wrapped as unknown as Disk, calls };
}

function faultyHandle(handle: FileHandle, meet: (call: string) => void): FileHandle {
  return new Proxy(handle, {
    get(target, property) {
      const value = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      if (!OF_HANDLES.includes(String(property))) return value.bind(target);
      return async (...given: unknown[]) => {
        if (property === 'close') await target.close();
        try {
          meet(property === 'stat' ? 'look' : String(property));
        } catch (cause) {
          if (property === 'write') await writeHalf(target, given as [Uint8Array, number, number]);
          throw cause;
        }
        return property === 'close' ? undefined : value.apply(target, given);
      };
    },
  });
}

const writeHalf = (handle: FileHandle, [bytes, from, length]: readonly [Uint8Array, number, number]) =>
  handle.write(bytes, from, Math.floor(length / 2));

/** Calls that a disk without space still does. */
export const NEEDS_NO_SPACE = ['rm', 'rmdir', 'close'];
