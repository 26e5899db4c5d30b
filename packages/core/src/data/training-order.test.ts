import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrainingOrder } from './training-order.ts';

const orderOf = (windows: number, seed: number, length: number) =>
  new TrainingOrder({ windows, seed }).batchAt(0, length);

const vectors = new URL('../random/fixtures/random-vectors.json', import.meta.url);

describe('the training order', () => {
  it('is what an independent implementation gives', () => {
    const { windows, seed, order } = JSON.parse(readFileSync(vectors, 'utf8')).trainingOrder;
    expect(orderOf(windows, seed, 2 * windows)).toEqual(order);
  });

  it('shows every window once per epoch, each epoch in another order', () => {
    const order = orderOf(50, 1, 150);
    const epochs = [order.slice(0, 50), order.slice(50, 100), order.slice(100)];
    const sorted = Array.from({ length: 50 }, (_, window) => window);
    for (const epoch of epochs) expect(epoch.toSorted((a, b) => a - b)).toEqual(sorted);
    expect(new Set(epochs.map(String)).size).toBe(3);
    expect(epochs).not.toContainEqual(sorted);
  });

  it('follows from the seed alone', () => {
    expect(orderOf(40, 7, 100)).toEqual(orderOf(40, 7, 100));
    expect(orderOf(40, 8, 100)).not.toEqual(orderOf(40, 7, 100));
  });

  it('is the same however it is cut into batches, and from wherever it is taken up', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer(), sizes, fc.nat(60), (windows, seed, batches, from) => {
        const total = batches.reduce((sum, size) => sum + size, 0);
        const order = new TrainingOrder({ windows, seed });
        let cursor = from;
        const pieces = batches.flatMap((size) => {
          const batch = order.batchAt(cursor, size);
          cursor += size;
          return batch;
        });
        expect(pieces).toEqual(orderOf(windows, seed, from + total).slice(from));
      }),
    );
  });

  it('takes no memory for a corpus of any size', () => {
    const before = process.memoryUsage();
    const order = new TrainingOrder({ windows: 2 ** 50, seed: 3 });
    const batch = order.batchAt(2 ** 49, 4);
    expect(new Set(batch).size).toBe(4);
    expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(2 ** 20);
  });
});
