import { expect, test } from 'vitest';
import { chainNodes, createNodes, derived, LAST_COMMITTED, ROOT } from './nodes.ts';
import { openEngine } from './open-engine.ts';
import { tf } from './tensor.ts';

test('a chain continues the committed tokens at its row’s start', () => {
  const { B, T, position_BT, parent_BT, length_B } = chainNodes(2, 3, { start_B: [0, 7], length_B: [3, 1] });
  expect([B, T]).toEqual([2, 3]);
  expect([...position_BT]).toEqual([0, 1, 2, 7, 8, 9]);
  expect([...parent_BT]).toEqual([LAST_COMMITTED, 0, 1, LAST_COMMITTED, 0, 1]);
  expect([...length_B]).toEqual([3, 1]);
});

test('a document boundary starts at position 0 without a parent', () => {
  const { position_BT, parent_BT } = chainNodes(2, 4, { start_B: [5, 0], document_BT: [3, 3, 4, 4, 1, 2, 2, 3] });
  expect([...position_BT]).toEqual([5, 6, 0, 1, 0, 0, 1, 0]);
  expect([...parent_BT]).toEqual([LAST_COMMITTED, 0, ROOT, 2, LAST_COMMITTED, ROOT, 1, ROOT]);
});

test.each([
  ['positions', { position_BT: new Int32Array(3) }],
  ['parents', { parent_BT: new Int32Array(5) }],
  ['lengths', { length_B: Int32Array.from([1, 3]) }],
  ['negative lengths', { length_B: Int32Array.from([-1, 2]) }],
])('%s that do not fit are refused', (_, change) => {
  const init = {
    T: 2,
    position_BT: new Int32Array(4),
    parent_BT: new Int32Array(4),
    length_B: Int32Array.from([2, 2]),
  };
  expect(() => createNodes({ ...init, ...change })).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
});

test('what is derived is made once, outlives the scope it was made in, and is freed with the nodes', async () => {
  const { memory } = await openEngine({ name: 'cpu' });
  const before = memory().numTensors;
  const nodes = chainNodes(1, 2);
  const owned = createNodes({ ...nodes, T: 2 }, nodes);
  let made = 0;
  const make = () => {
    made += 1;
    return [tf.ones([2]), tf.ones([3])];
  };
  const first = tf.tidy(() => {
    derived(nodes, 'x', make);
    derived(owned, 'x', make);
    return derived(nodes, 'x', make);
  });
  expect(made).toBe(2);
  expect(derived(nodes, 'x', make)).toBe(first);
  expect(first[0].isDisposed).toBe(false);
  nodes.dispose();
  expect(memory().numTensors).toBe(before);
});

test('nodes of another make are refused', () => {
  const { B, T, position_BT, parent_BT, length_B } = chainNodes(1, 1);
  const foreign = { B, T, position_BT, parent_BT, length_B, dispose: () => {} };
  expect(() => derived(foreign, 'x', () => [])).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
});
