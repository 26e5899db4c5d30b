// B rows, T nodes, H attention heads, G key/value heads, d width of one attention head.
import { expect, test } from 'vitest';
import { chainNodes, createNodes, type Nodes, ROOT } from '../nodes.ts';
import { openEngine } from '../open-engine.ts';
import { type Tensor1D, type Tensor2D, type Tensor4D, tf } from '../tensor.ts';
import { unrolledKeyValues } from '../unrolled-key-values.ts';

const engine = await openEngine({ name: 'cpu' });
const { ops } = engine;

/** FLOPs of `work`, whose tensors are freed. */
const flopsOf = (work: () => unknown) =>
  engine.countFlops(() => {
    engine.tidy(() => void work());
  });

test.each([
  // 2 x (rows x inputs x outputs) each.
  ['matmul', () => ops.matmul(tf.ones([3, 4]), tf.ones([4, 5])), 2 * 3 * 4 * 5],
  ['a batched matmul', () => ops.matmul(tf.ones([2, 7, 3, 4]), tf.ones([2, 7, 4, 5])), 2 * 14 * 3 * 4 * 5],
  ['linear', () => ops.linear(tf.ones([2, 3, 4]), tf.ones<tf.Rank.R2>([4, 5])), 2 * 6 * 4 * 5],
  ['gatedMlp', () => ops.gatedMlp(tf.ones([2, 3, 4]), mlp()), 2 * 6 * (4 * 5 + 4 * 5 + 5 * 4)],
  ['readoutLogits', () => ops.readoutLogits(tf.ones([6, 4]), readout()), 2 * 6 * 4 * 5],
  ['linearLoss without gradients', () => loss(false), 2 * 6 * 4 * 5],
  // The logits, the gradient of the hidden states, and that of the weight.
  ['linearLoss with gradients', () => loss(true), 3 * 2 * 6 * 4 * 5],
  ['linearLoss with a frozen readout', () => loss(true, true), 2 * 2 * 6 * 4 * 5],
  ['what is elementwise', () => ops.silu(ops.rmsNorm(tf.ones([2, 4]), tf.ones([4]) as Tensor1D)), 0],
])('%s costs two operations per multiply-add', (_, work, expected) => {
  expect(flopsOf(work)).toBe(expected);
});

const mlp = () => ({
  gate_DF: tf.ones([4, 5]) as Tensor2D,
  up_DF: tf.ones([4, 5]) as Tensor2D,
  down_FD: tf.ones([5, 4]) as Tensor2D,
});
const readout = () => ({ weight_EV: tf.ones([4, 5]) as Tensor2D });
const loss = (gradients: boolean, frozenReadout = false) => {
  const part = { hidden_NE: tf.ones([6, 4]) as Tensor2D, rows: ops.crossEntropyRows(new Int32Array(6)), scale: 1 };
  return ops.linearLoss(readout(), [part], { gradients, frozenReadout });
};

const [H, G, d] = [4, 2, 6];
const attend = (at: Nodes) => {
  const [q, k] = [H, G].map((heads) => tf.ones([at.B, at.T, heads, d]) as Tensor4D);
  return ops.attention(q, k, k, at, engine.noKeyValues);
};

test.each([
  // 1 + 2 + 3 + 4 pairs a row.
  ['a chain', chainNodes(2, 4), 20],
  ['two documents', chainNodes(1, 4, { document_BT: [0, 0, 0, 1] }), 6 + 1],
  ['padding', chainNodes(2, 4, { length_B: [4, 1] }), 10 + 1],
  // A root, two children, and a child of the second: 1 + 2 + 2 + 3.
  [
    'a tree',
    createNodes({
      T: 4,
      position_BT: Int32Array.of(0, 1, 1, 2),
      parent_BT: Int32Array.of(ROOT, 0, 0, 2),
      length_B: Int32Array.of(4),
    }),
    8,
  ],
])('attention over %s counts what each node sees, scores and mixing', (_, at, pairs) => {
  expect(flopsOf(() => attend(at))).toBe(2 * 2 * pairs * H * d);
  at.dispose();
});

test('a later call of an unrolled memory counts what its nodes see: text, and their own column since', () => {
  const text = chainNodes(2, 4, { length_B: [4, 1] });
  const memory = unrolledKeyValues('block');
  const [q, k] = [H, G].map((heads) => tf.ones([2, 4, heads, d]) as Tensor4D);
  // 10 + 1 pairs in text; then 5 nodes see themselves too, then themselves and one before.
  for (const [call, pairs] of [11, 11 + 5, 11 + 2 * 5].entries()) {
    const parent_BT = Int32Array.from({ length: 8 }, (_, index) => (call - 1) * 4 + (index % 4));
    const at = call === 0 ? text : createNodes({ ...text, parent_BT }, text);
    expect(flopsOf(() => ops.attention(q, k, k, at, memory))).toBe(2 * 2 * pairs * H * d);
  }
  text.dispose();
});

test('only what runs inside a count is counted, and counts nest', () => {
  const product = () => ops.matmul(tf.ones([1, 2]), tf.ones([2, 3]));
  engine.tidy(product);
  let inner = 0;
  const outer = flopsOf(() => {
    product();
    inner = flopsOf(product);
  });
  expect([inner, outer, flopsOf(() => {})]).toEqual([12, 24, 0]);
});

test('a count that throws leaves nothing open', () => {
  expect(() => flopsOf(() => ops.matmul(tf.ones([1, 2]), tf.ones([3, 1])))).toThrow('SHAPE_MISMATCH');
  engine.tidy(() => void ops.matmul(tf.ones([1, 2]), tf.ones([2, 3])));
  expect(flopsOf(() => {})).toBe(0);
});

test('a key/value store is refused while FLOPs are counted, and only then', () => {
  const store = engine.createKeyValueStore('block');
  store.join(0);
  store.bind([0]);
  const at = chainNodes(1, 2);
  const cached = () => {
    const [q, k] = [H, G].map((heads) => tf.ones([1, 2, heads, d]) as Tensor4D);
    return ops.attention(q, k, k, at, store);
  };
  expect(() => flopsOf(cached)).toThrow(/ENGINE_MISUSE.*whole windows/);
  expect(engine.tidy(cached).shape).toEqual([1, 2, H, d]);
  at.dispose();
  store.dispose();
});
