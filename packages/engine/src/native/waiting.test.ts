import { beforeAll, expect, test, vi } from 'vitest';
import { listEngines, openEngine } from '../open-engine.ts';
import { type Tensor, type Tensor2D, tf } from '../tensor.ts';
import { tfjsEngine } from '../tfjs/internals.ts';
import type { NativeBackend } from './backend.ts';

const isHere = (await listEngines()).some(({ name, available }) => name === 'native' && available);

// Whole numbers wait on the host until a kernel asks for them: most are token ids, which are read there.
test.runIf(isHere)(
  'numbers that wait are read as copies, go to the addon once, and end with their tensor',
  async () => {
    const { ops, tidy } = await openEngine({ name: 'native' });
    const backend = tfjsEngine().backend as unknown as NativeBackend;
    const buffers = () => backend.addon.memory().buffers;
    const before = buffers();
    const own = Int32Array.of(1, 2);
    const given = tf.tensor1d(own, 'int32');
    own[0] = 77;
    expect([...given.dataSync()]).toEqual([1, 2]);
    given.dispose();
    const ids = ops.constant(Int32Array.of(5, 6, 7), [3]);
    const read = ids.dataSync();
    read[0] = 99;
    expect([...ids.dataSync()]).toEqual([5, 6, 7]);
    expect(buffers()).toBe(before);
    for (let again = 0; again < 2; again++) expect([...tidy(() => tf.add(ids, ids)).dataSync()]).toEqual([10, 12, 14]);
    expect(buffers()).toBe(before + 1 + 2);
    expect([...ids.dataSync()]).toEqual([5, 6, 7]);
    ids.dispose();
    expect(buffers()).toBe(before + 2);
  },
);

test.runIf(isHere)(
  'ids are looked up and stacked where they wait, and as well once they went to the addon',
  async () => {
    const { ops, tidy } = await openEngine({ name: 'native' });
    const backend = tfjsEngine().backend as unknown as NativeBackend;
    const table = ops.constant<Tensor2D>([0, 10, 20, 30], [4, 1]);
    const [a, b] = [
      [3, 1],
      [0, 2],
    ].map((ids) => ops.constant<Tensor2D>(Int32Array.from(ids), [1, 2]));
    const look = () =>
      tidy(() => {
        const before = backend.addon.memory().buffers;
        const ids = ops.stack<Tensor>([a, b], 2);
        const made = backend.addon.memory().buffers - before;
        return { made, found: [...ops.embed(ops.reshape<Tensor2D>(ids, [1, 4]), table).dataSync()] };
      });
    expect(look()).toEqual({ made: 0, found: [30, 0, 10, 20] });
    const reads = vi.spyOn(backend, 'readSync');
    look();
    // The rows that were found, not the ids.
    expect(reads).toHaveBeenCalledTimes(1);
    reads.mockRestore();
    tidy(() => tf.add(a, b));
    expect(look()).toEqual({ made: 0, found: [30, 0, 10, 20] });
    for (const tensor of [table, a, b]) tensor.dispose();
  },
);

beforeAll(() => {
  if (!isHere) console.log('skipped: the native engine cannot run here');
});
