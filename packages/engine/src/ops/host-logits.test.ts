// M rows wanted, E readout input width, V vocabulary of a readout.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { openEngine } from '../open-engine.ts';
import type { Readout } from '../readout.ts';
import type { Tensor, Tensor1D, Tensor2D } from '../tensor.ts';
import { randomArray, tensorOf, uniforms } from '../testing/judge.ts';
import { PRESENT } from '../testing/present.ts';
import type { ReadoutRequest } from './engine-ops.ts';

const E = 5;
const random = <T>(shape: readonly number[], seed: number) => tensorOf(randomArray(shape, uniforms(seed))) as T;

/** A request in numbers: which of the states, as fractions of their rows, and what the readout has. */
const requests = fc.array(
  fc.record({
    rows: fc.array(
      fc.record({ state: fc.nat(2), share: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }) }),
      {
        minLength: 1,
        maxLength: 9,
      },
    ),
    V: fc.integer({ min: 1, max: 300 }),
    hasGain: fc.boolean(),
    hasBias: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
);

describe.each(PRESENT)('logits on the host, on %s', async (name) => {
  const engine = await openEngine({ name });
  const { ops } = engine;
  const states: Tensor[] = [random([4, E], 1), random([2, 3, E], 2), random([1, 1, E], 3)];
  beforeEach(() => openEngine({ name }));

  function readoutOf(V: number, hasGain: boolean, hasBias: boolean): Readout {
    return {
      weight_EV: random<Tensor2D>([E, V], 10 + V),
      ...(hasGain && { gain_E: random<Tensor1D>([E], 4) }),
      ...(hasBias && { bias_V: random<Tensor1D>([V], 5) }),
    };
  }

  /** By the operations that it stands for, request by request. */
  function byParts({ states_M, rows_M, readout }: ReadoutRequest): number[] {
    const parts = states_M.map((state, m) => ops.gatherRows(ops.reshape<Tensor2D>(state, [-1, E]), [rows_M[m]]));
    return [...ops.readoutLogits(ops.concat(parts, 0), readout).dataSync()];
  }

  test('are the bits of its parts, wherever the rows lie, and stay what they were', () => {
    fc.assert(
      fc.property(requests, (wanted) =>
        engine.tidy(() => {
          const all = wanted.map(({ rows, V, hasGain, hasBias }): ReadoutRequest => {
            const states_M = rows.map(({ state }) => states[state]);
            const rows_M = rows.map(({ state, share }) => Math.floor((share * states[state].size) / E));
            return { states_M, rows_M, readout: readoutOf(V, hasGain, hasBias) };
          });
          const given = ops.hostLogits(all);
          // What is asked for later must not be written over what was given.
          ops.hostLogits(
            all.map((request) => ({
              ...request,
              states_M: request.states_M.map(() => states[2]),
              rows_M: request.rows_M.map(() => 0),
            })),
          );
          expect(given.map((logits) => [...logits])).toEqual(all.map(byParts));
        }),
      ),
      { numRuns: 40 },
    );
  });

  test('leave no tensor behind', () => {
    const readout = readoutOf(7, true, true);
    const before = engine.memory();
    ops.hostLogits([{ states_M: [states[1], states[0]], rows_M: [5, 3], readout }]);
    expect([engine.memory().numTensors, engine.memory().bytes]).toEqual([before.numTensors, before.bytes]);
  });

  test.each<[string, Partial<ReadoutRequest>]>([
    ['a row that the state has not', { rows_M: [6] }],
    ['a row before the first', { rows_M: [-1] }],
    ['half a row', { rows_M: [0.5] }],
    ['fewer rows than states', { rows_M: [] }],
    ['a readout without an axis of tokens', { readout: { weight_EV: random<Tensor2D>([E], 1) } }],
    ['no rows', { states_M: [], rows_M: [] }],
    ['a readout of another width', { readout: { weight_EV: random<Tensor2D>([E + 1, 4], 1) } }],
    [
      'a gain of another width',
      { readout: { weight_EV: random<Tensor2D>([E, 4], 1), gain_E: random<Tensor1D>([E + 1], 1) } },
    ],
    [
      'a bias of another width',
      { readout: { weight_EV: random<Tensor2D>([E, 4], 1), bias_V: random<Tensor1D>([5], 1) } },
    ],
  ])('refuse %s', (_, wrong) => {
    const readout = readoutOf(4, false, false);
    const call = () => ops.hostLogits([{ states_M: [states[1]], rows_M: [0], readout, ...wrong }]);
    expect(call).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  });

  test('count as their products', () => {
    const readout = readoutOf(7, true, false);
    const request = { states_M: [states[0], states[0]], rows_M: [0, 3], readout };
    expect(engine.countFlops(() => ops.hostLogits([request, request]))).toBe(2 * 2 * 2 * E * 7);
  });
});
