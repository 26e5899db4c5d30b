import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import wabt from 'wabt';
import { randomArray, relativeError, uniforms } from '../testing/judge.ts';
import { type Attender, LoopAttender } from './attend.ts';
import { SimdAttender } from './attend-simd.ts';
import { ATTEND_WASM } from './attend-wasm.ts';

/** softmax(q k / sqrt(d)) v, straight from the formula. */
function expected(query: Float32Array, keys: Float32Array, values: Float32Array, starts: readonly number[], d: number) {
  const weights = starts.map((start) => {
    const score = query.reduce((sum, q, j) => sum + q * keys[start + j], 0);
    return Math.exp(score / Math.sqrt(d));
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Array.from(
    { length: d },
    (_, j) => weights.reduce((sum, w, key) => sum + w * values[starts[key] + j], 0) / total,
  );
}

const floats = (length: number, seed: number) => Float32Array.from(randomArray([length], uniforms(seed)).values);

describe.each<[string, () => Attender]>([
  ['loops', () => new LoopAttender()],
  ['vectors', () => new SimdAttender()],
])('%s', (_, make) => {
  test('agree with the formula for every width, number of keys and order, row after row', () => {
    const plan = fc.record({
      d: fc.constantFrom(1, 3, 4, 8, 12, 16, 20, 64, 68, 80),
      G: fc.integer({ min: 1, max: 3 }),
      nodes: fc.integer({ min: 1, max: 40 }),
      seed: fc.nat(1000),
    });
    const attender = make();
    fc.assert(
      fc.property(plan, ({ d, G, nodes, seed }) => {
        const C = G * d;
        const [keys, values, queries] = [0, 1, 2].map((part) => floats((nodes + 2) * C, seed + part));
        attender.load(keys, values, nodes * C);
        const next = uniforms(seed);
        const chosen = Array.from({ length: nodes }, (_value, node) => node).filter(
          (node) => node === 0 || next() < 0.7,
        );
        attender.see(
          Int32Array.from(chosen, (node) => node * C),
          chosen.length,
        );
        for (let head = 0; head < G; head++) {
          const out = new Float32Array(d + 2).fill(7);
          attender.attend(queries, 1, head * d, d, out);
          const starts = chosen.map((node) => node * C + head * d);
          const result = expected(queries.subarray(1, 1 + d), keys, values, starts, d);
          expect(relativeError(out.subarray(1, 1 + d), result)).toBeLessThan(1e-5);
          expect([out[0], out[d + 1]]).toEqual([7, 7]);
        }
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  test.each([1, 3, 4, 5, 8, 11])('values of %i keys are added key after key, as cancellation would show', (count) => {
    // Equal weights; beside 1e17 a 1 is lost, in float64 too, so any other order of additions gives another sum.
    const d = 4;
    const values = Float32Array.from(
      { length: count * d },
      (_value, at) => [1e17, 1, -1e17, 3][Math.floor(at / d) % 4],
    );
    let sum = 0;
    for (let key = 0; key < count; key++) sum += values[key * d];
    const attender = make();
    const out = new Float32Array(d);
    attender.load(new Float32Array(count * d), values, count * d);
    attender.see(
      Int32Array.from({ length: count }, (_value, key) => key * d),
      count,
    );
    attender.attend(new Float32Array(d), 0, 0, d, out);
    expect(out[0]).toBe(Math.fround(sum / count));
  });

  test('scores far apart neither overflow nor leave a trace of the smaller one', () => {
    const attender = make();
    const out = new Float32Array(4);
    attender.load(
      Float32Array.from([1e4, 0, 0, 0, -1e4, 0, 0, 0]),
      Float32Array.from([7, 7, 7, 7, 100, 100, 100, 100]),
      8,
    );
    attender.see(Int32Array.from([0, 4]), 2);
    attender.attend(Float32Array.from([1, 0, 0, 0]), 0, 0, 4, out);
    expect([...out]).toEqual([7, 7, 7, 7]);
  });

  test('rows larger than the memory so far are taken', () => {
    const attender = make();
    const [nodes, d] = [30_000, 8];
    const values = floats(nodes * d, 1);
    attender.load(new Float32Array(nodes * d), values, nodes * d);
    attender.see(Int32Array.from([(nodes - 1) * d]), 1);
    const out = new Float32Array(d);
    attender.attend(new Float32Array(d), 0, 0, d, out);
    expect([...out]).toEqual([...values.slice(-d)]);
  });
});

test('the module in the package is what the source assembles to', async () => {
  const assembler = await wabt();
  const module = assembler.parseWat('attend.wat', readFileSync(new URL('attend.wat', import.meta.url), 'utf8'), {
    simd: true,
  });
  expect(Buffer.from(module.toBinary({}).buffer).toString('base64')).toBe(ATTEND_WASM);
});
