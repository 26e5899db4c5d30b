import { expect } from 'vitest';
import { type FaultOf, faultyDisk, NEEDS_NO_SPACE } from './faulty-disk.fixture.ts';
import { MemoryDisk } from './power-loss/memory-disk.fixture.ts';
import type { Writer } from './writers.fixture.ts';

const FULL = ['ENOSPC', 'EDQUOT'];
/** What a disk may answer instead of doing as it is told. */
export const ERRORS = [...FULL, 'EIO', 'EROFS', 'EACCES', 'EMFILE'];

/** Calls that only look, and whose failure may be told as that of reading. */
const READING = ['open', 'read', 'readFile', 'readdir', 'stat', 'look', 'close'];

/**
 * Does all steps of a writer on a disk that fails until a step was refused, and then no more; a step that was refused is
 * tried again, so whatever it says, nothing may be lost and nothing be left behind.
 * @returns the calls, and how many steps were refused
 */
async function write(writer: Writer, faultOf: FaultOf): Promise<{ calls: string[]; numRefused: number }> {
  const memory = new MemoryDisk();
  await writer.prepare?.(memory.disk);
  let isFailing = true;
  let failed: { errno: string; call: string } | undefined;
  const { disk, calls } = faultyDisk(memory.disk, (call, index) => {
    const errno = isFailing ? faultOf(call, index) : undefined;
    if (errno !== undefined) failed ??= { errno, call };
    return errno;
  });
  let numRefused = 0;
  const steps = writer.steps(disk);
  for (const [done, step] of steps.entries()) {
    try {
      await step();
    } catch (cause) {
      numRefused += 1;
      expectSaid(cause, failed!);
      await writer.check(memory.disk, done);
      isFailing = false;
      await step();
    }
    await writer.check(memory.disk, done + 1);
  }
  return { calls, numRefused };
}

function expectSaid(cause: unknown, { errno, call }: { errno: string; call: string }): void {
  const { code, message } = cause as { code: string; message: string };
  // What could not even be looked at is named as that: the topmost folder too.
  expect(message).toMatch(new RegExp(`: /(?:run[^ ]*)? could not be (?:written|read): ${errno}`));
  if (READING.includes(call) && code === 'FILE_READ') return;
  expect(code, call).toBe(FULL.includes(errno) ? 'DISK_FULL' : 'FILE_WRITE');
}

/**
 * Lets every call fail in turn, once each.
 * @returns how many there are, and how many of the failures were said
 */
export async function failAtEveryCall(
  writer: Writer,
  errno: string,
): Promise<{ numCalls: number; numRefused: number }> {
  const { calls } = await write(writer, () => undefined);
  let numRefused = 0;
  for (let failing = 0; failing < calls.length; failing++) {
    numRefused += (await write(writer, (_, index) => (index === failing ? errno : undefined))).numRefused;
  }
  return { numCalls: calls.length, numRefused };
}

/** Takes all space away at every call in turn, until a step was refused. */
export async function failFromEveryCallOn(writer: Writer): Promise<void> {
  const { calls } = await write(writer, () => undefined);
  for (let first = 0; first < calls.length; first++) {
    const isBroken = (call: string, index: number) => index >= first && !NEEDS_NO_SPACE.includes(call);
    await write(writer, (call, index) => (isBroken(call, index) ? 'ENOSPC' : undefined));
  }
}
