// B rows, T columns, H attention heads, G key/value heads, d width of one attention head.
import { beforeEach, describe, expect, test } from 'vitest';
import { chainNodes, createNodes, type Nodes } from './nodes.ts';
import { openEngine } from './open-engine.ts';
import { type Tensor, type Tensor4D, tf } from './tensor.ts';
import { randomArray, relativeError, TOLERANCE, tensorOf, uniforms } from './testing/judge.ts';
import { PRESENT } from './testing/present.ts';
import { unrolledKeyValues } from './unrolled-key-values.ts';

const misuse = expect.objectContaining({ code: 'ENGINE_MISUSE' });

/** Nodes below those of call `call - 1`, column by column. */
function below(
  text: Nodes,
  call: number,
  change: (parent: number, index: number) => number = (parent) => parent,
): Nodes {
  const { B, T, position_BT, length_B } = text;
  const parent_BT = Int32Array.from({ length: B * T }, (_, index) => change((call - 1) * T + (index % T), index));
  return createNodes({ T, parent_BT, position_BT, length_B }, text);
}

describe.each(PRESENT)('on %s', async (name) => {
  const engine = await openEngine({ name });
  const { ops } = engine;
  beforeEach(() => openEngine({ name }));

  const heads = (B: number, T: number, count: number, d: number, seed: number, scale = 1) =>
    tensorOf<Tensor4D>(randomArray([B, T, count, d], uniforms(seed), (value) => scale * value));

  /** Runs some calls over text and hands over their outputs, in a tidy scope. */
  function calls<T>(text: Nodes, operands: readonly Tensor4D[][], read: (outs: Tensor4D[]) => T): T {
    const memory = unrolledKeyValues('block');
    return engine.tidy(() =>
      read(operands.map(([q, k, v], call) => ops.attention(q, k, v, call === 0 ? text : below(text, call), memory))),
    );
  }

  test('a node elsewhere than below the one of its column is refused, and so is a first call without text', () => {
    const text = chainNodes(2, 3);
    const x = heads(2, 3, 1, 2, 1);
    const attend = (at: Nodes, memory = unrolledKeyValues('block')) => {
      engine.tidy(() => void ops.attention(x, x, x, at, memory));
      return memory;
    };
    expect(() => attend(below(text, 1))).toThrow(misuse);
    expect(() => attend(text, attend(text))).toThrow(misuse);
    const wrong = below(text, 1, (parent, index) => (index === 4 ? 0 : parent));
    expect(() => attend(wrong, attend(text))).toThrow(/row 1: node 1 has parent 0/);
    const shorter = createNodes({ ...below(text, 1), length_B: Int32Array.of(3, 2) }, text);
    expect(() => attend(shorter, attend(text))).toThrow(misuse);
    expect(() => attend(below(text, 2), attend(below(text, 1), attend(text)))).not.toThrow();
    text.dispose();
    x.dispose();
  });

  test('gives what a store gives whose calls stay undecided', () => {
    const [B, T] = [2, 5];
    const operands = [0, 1, 2].map((call) => [4, 2, 2].map((count, which) => heads(B, T, count, 3, 3 * call + which)));
    const text = chainNodes(B, T, { document_BT: [0, 0, 1, 1, 1, 2, 2, 2, 2, 2] });
    const store = engine.createKeyValueStore('block');
    for (let row = 0; row < B; row++) store.join(row);
    const wanted = operands.map(([q, k, v], call) => {
      store.bind([0, 1]);
      return engine.tidy(() => ops.attention(q, k, v, call === 0 ? text : below(text, call), store).dataSync());
    });
    calls(text, operands, (outs) => {
      for (const [call, out] of outs.entries()) {
        expect(relativeError(out.dataSync(), wanted[call])).toBeLessThan(TOLERANCE.forward);
      }
    });
    store.dispose();
    text.dispose();
    tf.dispose(operands);
  });

  test('an own score far above or below those of text neither overflows nor is lost', () => {
    const text = chainNodes(1, 3);
    for (const factor of [400, -400]) {
      const [first, second] = [0, 1].map((call) => [1, 2, 3].map((which) => heads(1, 3, 1, 2, 7 * call + which)));
      const q = ops.mul(ops.add(ops.abs(second[0]), 1), 1) as Tensor4D;
      const k = ops.mul(ops.add(ops.abs(second[1]), 1), factor) as Tensor4D;
      const inputs = [q, k, second[2], first[1], first[2]];
      const recording = engine.record(() => calls(text, [first, [q, k, second[2]]], ([, out]) => out));
      // The softmax is a choice: of the own value, or of text's alone, as a memory of one call would have it.
      const wanted = factor > 0 ? second[2] : calls(text, [[q, first[1], first[2]]], ([out]) => out);
      expect(relativeError(recording.outputs.dataSync(), wanted.dataSync())).toBeLessThan(TOLERANCE.forward);
      const seed = tf.ones<tf.Rank>(recording.outputs.shape);
      const gradients = recording.backward([{ at: recording.outputs, gradient: seed }], inputs) as Tensor[];
      for (const gradient of gradients) expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
      recording.dispose();
      tf.dispose([first, second, gradients, seed, wanted, q, k]);
    }
    text.dispose();
  });

  test('the bits of a row, of its gradients too, do not depend on the other rows', () => {
    const [B, T, d] = [3, 4, 4];
    const operands = [0, 1, 2].map((call) => [2, 1, 1].map((count, which) => heads(B, T, count, d, 5 * call + which)));
    const run = (parts: readonly Tensor4D[][]) => {
      const text = chainNodes(parts[0][0].shape[0], T);
      const recording = engine.record(() => calls(text, parts, (outs) => ops.concat(outs, 1)));
      const seed = tf.fill<tf.Rank>(recording.outputs.shape, 0.7);
      const made = recording.backward([{ at: recording.outputs, gradient: seed }], parts.flat()) as Tensor[];
      const values = [recording.outputs, ...made].map((tensor) => ({ shape: tensor.shape, bits: tensor.dataSync() }));
      recording.dispose();
      text.dispose();
      tf.dispose([seed, made]);
      return values;
    };
    const alone = operands.map((parts) => parts.map((x) => ops.slice(x, [1, 0, 0, 0], [1, ...x.shape.slice(1)])));
    const one = run(alone as Tensor4D[][]);
    for (const [index, { shape, bits }] of run(operands).entries()) {
      const size = shape.slice(1).reduce((product, axis) => product * axis, 1);
      expect(one[index].bits).toEqual(bits.slice(size, 2 * size));
    }
    tf.dispose([operands, alone]);
  });
});
