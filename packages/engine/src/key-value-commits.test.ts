// T nodes of a forward; one attention head of width 1.
import { beforeEach, describe, expect, test } from 'vitest';
import type { KeyValueStore } from './key-values.ts';
import { createNodes, LAST_COMMITTED, type Nodes } from './nodes.ts';
import { tf } from './tensor.ts';
import { VARIANTS } from './testing/variants.ts';

const siblings = (B: number, T: number): Nodes =>
  createNodes({
    T,
    position_BT: new Int32Array(B * T),
    parent_BT: new Int32Array(B * T).fill(LAST_COMMITTED),
    length_B: new Int32Array(B).fill(T),
  });

describe.each(VARIANTS)('on $title', async ({ open }) => {
  const engine = await open();
  beforeEach(open);

  /** Appends nodes with these values to each row; keys weigh all alike, so what comes back are means of what is seen. */
  function forward(store: KeyValueStore, values_BT: readonly (readonly number[])[]): number[] {
    const [B, T] = [values_BT.length, values_BT[0].length];
    const at = siblings(B, T);
    const means = engine.tidy(() => {
      const zeros = tf.zeros<tf.Rank.R4>([B, T, 1, 1]);
      return [...engine.ops.attention(zeros, zeros, tf.tensor4d(values_BT.flat(), [B, T, 1, 1]), at, store).dataSync()];
    });
    at.dispose();
    return means;
  }

  function threeStores(): KeyValueStore[] {
    return ['a', 'b', 'c'].map((slot, index) => {
      const store = engine.createKeyValueStore(slot);
      for (const row of [5, 9]) store.join(row);
      store.bind([9, 5]);
      forward(store, [[10, 20, 30].map((value) => value + index), [1, 2, 4].map((value) => value + index)]);
      return store;
    });
  }

  test('every store keeps the path of each row, and drops the other nodes', () => {
    const [a, b, c] = threeStores();
    engine.commitKeyValues([a, c], [5, 9], [[0, 2], []]);
    for (const [store, index] of [[a, 0] as const, [c, 2] as const]) {
      expect([5, 9].map((row) => [store.length(row), store.undecided(row)])).toEqual([
        [2, 0],
        [0, 0],
      ]);
      // Row 9 sees its new node alone; row 5 the values 1 and 4, and its new one.
      const [nine, five] = forward(store, [[7], [4 + index]]);
      expect(nine).toBeCloseTo(7, 5);
      expect(five).toBeCloseTo((1 + 4 + 4) / 3 + index, 5);
    }
    expect([5, 9].map((row) => b.undecided(row))).toEqual([3, 3]);
    for (const store of [a, b, c]) store.dispose();
  });

  test('a node that never came and a row that is not open are refused', () => {
    const [a, b, c] = threeStores();
    const misuse = expect.objectContaining({ code: 'SESSION_MISUSE' });
    expect(() => engine.commitKeyValues([a, b], [5], [[3]])).toThrow(misuse);
    expect(() => engine.commitKeyValues([a, b], [6], [[]])).toThrow(misuse);
    for (const store of [a, b, c]) store.dispose();
  });
});

test('a store of another engine is refused by the native one', async () => {
  const native = VARIANTS.find(({ title }) => title === 'native with kernels');
  if (native === undefined)
    return console.warn('key-value-commits.test: the native engine is not built on this machine');
  const engine = await native.open();
  const cpu = await VARIANTS.find(({ title }) => title === 'cpu with composites')!.open();
  await native.open();
  const store = cpu.createKeyValueStore('other');
  store.join(0);
  expect(() => engine.commitKeyValues([store], [0], [[]])).toThrow(expect.objectContaining({ code: 'ENGINE_MISUSE' }));
});
