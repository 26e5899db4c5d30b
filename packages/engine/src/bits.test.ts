// A row's bits never depend on anything but that row. B rows, T nodes, V vocabulary.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { KeyValueStore } from './key-values.ts';
import { chainNodes, createNodes, LAST_COMMITTED } from './nodes.ts';
import { openEngine } from './open-engine.ts';
import type { EngineOps } from './ops/engine-ops.ts';
import { type Tensor, type Tensor1D, type Tensor2D, tf } from './tensor.ts';
import { randomArray, tensorOf, uniforms } from './testing/judge.ts';
import { PRESENT } from './testing/present.ts';
import { SmallModel, VOCABULARY as V } from './testing/small-model.ts';

const text = Int32Array.from({ length: 21 }, (_, index) => (index * index + 3 * index) % V);
const SELF = 100;

describe.each(PRESENT)('on %s', async (name) => {
  const engine = await openEngine({ name });
  const model = new SmallModel(engine);
  beforeEach(() => openEngine({ name }));

  const each = (stores: readonly KeyValueStore[], work: (store: KeyValueStore) => void) => stores.forEach(work);
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

  /** Logits of every token of the text, read in chunks beside other rows, each chunk inside a tree of wrong guesses. */
  function read(chunks: readonly number[], others: readonly number[], place: number, guesses: number): Float32Array[] {
    const stores = model.createStores();
    const next = uniforms(others.length * 7 + guesses);
    const rows = others.map((_, index) => index);
    rows.splice(place % (rows.length + 1), 0, SELF);
    each(stores, (store) => {
      for (const row of rows) store.join(row);
    });
    const logits: Float32Array[] = [];
    let done = 0;
    for (const chunk of chunks) {
      const size = Math.min(chunk, text.length - done);
      if (size > 0) logits.push(...readChunk(stores, rows, others, done, size, guesses, next));
      done += size;
    }
    each(stores, (store) => store.dispose());
    return logits;
  }

  /** One forward: the next tokens of the text with a wrong guess after each of the first ones, and junk in other rows. */
  function readChunk(
    stores: readonly KeyValueStore[],
    rows: readonly number[],
    others: readonly number[],
    done: number,
    size: number,
    guesses: number,
    next: () => number,
  ): Float32Array[] {
    const T = size + Math.max(guesses, ...others, 0);
    const own: { token: number; parent: number; isText: boolean }[] = [];
    let last = LAST_COMMITTED;
    for (let index = 0; index < size; index++) {
      if (index < guesses) own.push({ token: Math.floor(next() * V), parent: last, isText: false });
      own.push({ token: text[done + index], parent: last, isText: true });
      last = own.length - 1;
    }
    const B = rows.length;
    const tokens = Int32Array.from({ length: B * T }, () => Math.floor(next() * V));
    const parent_BT = new Int32Array(B * T).fill(LAST_COMMITTED);
    const position_BT = new Int32Array(B * T);
    const length_B = Int32Array.from(rows, (row) => (row === SELF ? own.length : others[row]));
    const self = rows.indexOf(SELF);
    const depths: number[] = [];
    for (const [node, { token, parent }] of own.entries()) {
      depths.push(parent < 0 ? 0 : depths[parent] + 1);
      tokens[self * T + node] = token;
      parent_BT[self * T + node] = parent;
      position_BT[self * T + node] = done + depths[node];
    }
    each(stores, (store) => store.bind(rows));
    const at = createNodes({ T, position_BT, parent_BT, length_B });
    const logits = model.logits(tokens, at, stores);
    at.dispose();
    const path = [...own.keys()].filter((node) => own[node].isText);
    each(stores, (store) => {
      store.commit(SELF, path);
      // Other rows keep some of their junk, so that their lengths differ from forward to forward.
      for (const [row, length] of others.entries()) store.commit(row, upTo(Math.min(length, row + 1)));
    });
    return path.map((node) => logits.slice((self * T + node) * V, (self * T + node + 1) * V));
  }

  test('a row’s logits are the same bits whatever the chunks, the other rows, its place and the tree around it', () => {
    const plain = read(
      upTo(text.length).map(() => 1),
      [],
      0,
      0,
    );
    expect(plain).toHaveLength(text.length);
    const plan = fc.record({
      chunks: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 21, maxLength: 21 }),
      others: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 }),
      place: fc.nat(4),
      guesses: fc.nat(5),
    });
    fc.assert(
      fc.property(plan, ({ chunks, others, place, guesses }) => {
        expect(read(chunks, others, place, guesses)).toEqual(plain);
      }),
      { numRuns: 25, seed: 3 },
    );
  });

  test('without a past too, a row’s logits are the same bits whatever the other rows and the padding behind it', () => {
    const alone = chainNodes(1, text.length);
    const expected = model.logits(text, alone);
    alone.dispose();
    fc.assert(
      fc.property(fc.nat(3), fc.nat(3), fc.nat(12), (before, after, padding) => {
        const B = before + 1 + after;
        const T = text.length + padding;
        const tokens = Int32Array.from({ length: B * T }, (_, index) => (index * 5 + padding) % V);
        tokens.set(text, before * T);
        const at = chainNodes(B, T);
        const logits = model.logits(tokens, at);
        at.dispose();
        expect(logits.slice(before * T * V, (before * T + text.length) * V)).toEqual(expected);
      }),
      { numRuns: 15, seed: 4 },
    );
  });

  const W = 21;
  const weight = (rows: number, columns: number) =>
    tensorOf<Tensor2D>(randomArray([rows, columns], uniforms(rows * 31 + columns)));
  const gain = tensorOf<Tensor1D>(randomArray([W], uniforms(1)));
  const square = weight(W, W);
  const mlp = { gate_DF: weight(W, 9), up_DF: weight(W, 9), down_FD: weight(9, W) };
  const readout = {
    gain_E: gain,
    weight_EV: weight(W, 37),
    bias_V: tensorOf<Tensor1D>(randomArray([37], uniforms(2))),
  };

  /** Operations that treat rows apart. */
  const rowwise: Record<string, (ops: EngineOps, x: Tensor2D) => Tensor> = {
    add: (ops, x) => ops.add(x, gain),
    mul: (ops, x) => ops.mul(x, 0.3),
    div: (ops, x) => ops.div(x, ops.add(ops.abs(x), 0.7)),
    exp: (ops, x) => ops.exp(x),
    log: (ops, x) => ops.log(ops.add(ops.square(x), 0.1)),
    sqrt: (ops, x) => ops.sqrt(ops.abs(x)),
    tanh: (ops, x) => ops.tanh(x),
    sigmoid: (ops, x) => ops.sigmoid(x),
    silu: (ops, x) => ops.silu(x),
    'silu with residual': (ops, x) => ops.silu(x, { residual: ops.square(x) }),
    softplus: (ops, x) => ops.softplus(x),
    sum: (ops, x) => ops.sum(x, 1),
    mean: (ops, x) => ops.mean(x, 1, true),
    max: (ops, x) => ops.max(x, 1),
    softmax: (ops, x) => ops.softmax(x),
    logSoftmax: (ops, x) => ops.logSoftmax(x),
    logSumExp: (ops, x) => ops.logSumExp(x, 1),
    argmax: (ops, x) => ops.argmax(x),
    matmul: (ops, x) => ops.matmul(x, square),
    linear: (ops, x) => ops.linear(x, square, { bias_O: gain, residual: x }),
    rmsNorm: (ops, x) => ops.rmsNorm(x, gain),
    gatedMlp: (ops, x) => ops.gatedMlp(x, mlp, { residual: x }),
    readoutLogits: (ops, x) => ops.readoutLogits(x, readout),
    loss: (ops, x) => {
      const rows = ops.crossEntropyRows(new Int32Array(x.shape[0]).fill(5));
      return ops.linearLoss(readout, [{ hidden_NE: x, rows, scale: 1 }], { gradients: false }).loss_N[0];
    },
    'hidden gradient of the loss': (ops, x) => {
      const rows = ops.crossEntropyRows(new Int32Array(x.shape[0]).fill(5));
      return ops.linearLoss(readout, [{ hidden_NE: x, rows, scale: 0.25 }], { gradients: true }).dHidden_NE[0];
    },
  };

  test.each(Object.entries(rowwise))('%s gives a row the same bits alone and among others', (_, run) => {
    tf.tidy(() => {
      const N = 19;
      const array = randomArray([N, W], uniforms(9));
      const together = run(engine.ops, tensorOf<Tensor2D>(array)).dataSync();
      const width = together.length / N;
      for (const [first, count] of [
        [0, 1],
        [18, 1],
        [3, 2],
        [7, 9],
      ]) {
        const part = tensorOf<Tensor2D>({
          shape: [count, W],
          values: array.values.slice(first * W, (first + count) * W),
        });
        const expected = together.slice(first * width, (first + count) * width);
        expect(run(engine.ops, part).dataSync()).toEqual(expected);
      }
    });
  });
});
