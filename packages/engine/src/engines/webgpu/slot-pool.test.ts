import { beforeEach, expect, test } from 'vitest';
import type { GpuBuffer } from './dawn.ts';
import type { GpuLauncher } from './launcher.ts';
import { SlotPool } from './slot-pool.ts';

const copies: [number, number][] = [];
const live = new Set<GpuBuffer>();
const launcher = {
  backend: {
    bufferManager: {
      acquireBuffer: (size: number) => {
        const buffer = { size } as GpuBuffer;
        live.add(buffer);
        return buffer;
      },
      releaseBuffer: (buffer: GpuBuffer) => live.delete(buffer),
    },
  },
  copy: (from: GpuBuffer, to: GpuBuffer) => copies.push([from.size, to.size]),
} as unknown as GpuLauncher;

beforeEach(() => {
  copies.length = 0;
  live.clear();
});

test('places are handed out in order, and again once nobody holds them', () => {
  const pool = new SlotPool(launcher);
  const first = pool.take(3, 2);
  expect(first).toEqual([0, 1, 2]);
  pool.hold([1]);
  pool.release(first);
  const next = pool.take(64, 2);
  expect(new Set(next).size).toBe(64);
  expect(next).toEqual(expect.arrayContaining([0, 2, 3]));
  expect(next).not.toContain(1);
  pool.release([1]);
  expect(pool.take(70, 2)).toContain(1);
});

test('a pool that grows keeps what it stores, and gives the old buffers back', () => {
  const pool = new SlotPool(launcher);
  pool.take(64, 2);
  expect(copies).toEqual([]);
  pool.take(1, 2);
  expect(copies).toEqual([
    [64 * 2 * 4, 128 * 2 * 4],
    [64 * 2 * 4, 128 * 2 * 4],
  ]);
  expect(live).toEqual(new Set([pool.stored.keys, pool.stored.values]));
  pool.dispose();
  expect(live.size).toBe(0);
  expect(pool.take(1, 3)).toEqual([0]);
});
