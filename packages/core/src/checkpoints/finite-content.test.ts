import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstNotFinite, placeIn, refuseNotFinite } from './finite-content.ts';
import type { StoredTensor } from './safetensors.ts';

const tensorOf = (...values: number[]): StoredTensor => ({
  dtype: 'F32',
  shape: [1, values.length],
  data: Float32Array.from(values),
});
const content = (tensor: StoredTensor, state: Parameters<typeof refuseNotFinite>[1]['state'] = null) => ({
  tensors: new Map([
    ['good', tensorOf(1, -2)],
    ['other', tensor],
  ]),
  state,
});

describe('what a checkpoint holds', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'is refused with %d by tensor and place',
    (bad) => {
      expect(() => refuseNotFinite('a.safetensors', content(tensorOf(0, 1, bad, bad)))).toThrow(
        `CHECKPOINT_NOT_FINITE: checkpoint a.safetensors: every value must be finite, but tensor "other" was ${bad} at [0, 2].`,
      );
    },
  );

  it('may be as large or as small as float32 and numbers go', () => {
    const state = { numbers: [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -0], none: null, text: 'NaN' };
    refuseNotFinite('a', content(tensorOf(3.4e38, -3.4e38, 1e-45, -0), state));
    refuseNotFinite('a', content({ dtype: 'I32', shape: [1], data: Int32Array.of(-(2 ** 31)) }));
  });

  it.each([
    [Number.NaN, 'state was NaN'],
    [
      { trainer: { weighting: [0, { mean: Number.NEGATIVE_INFINITY }] } },
      'state.trainer.weighting[1].mean was -Infinity',
    ],
  ])('is refused with a state that JSON would change: %j', (state, place) => {
    expect(() => refuseNotFinite('a', content(tensorOf(0), state))).toThrow(
      `every value must be finite, but ${place}.`,
    );
  });
});

it('the place of a value is where nested lists of that shape have it', () => {
  const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(shapes, fc.nat(), (shape, seed) => {
      const size = shape.reduce((product, each) => product * each, 1);
      const at = seed % size;
      const values = Array.from({ length: size }, (_, i) => (i === at ? Number.NaN : i));
      expect(firstNotFinite(values)).toBe(at);
      let nested: unknown = values;
      for (const length of shape.slice(1).reverse()) nested = chunks(nested as unknown[], length);
      const found = (JSON.parse(placeIn(shape, at)) as number[]).reduce((list, i) => (list as unknown[])[i], nested);
      expect(found).toBeNaN();
    }),
  );
});

const chunks = (list: readonly unknown[], length: number): unknown[] =>
  Array.from({ length: list.length / length }, (_, i) => list.slice(i * length, (i + 1) * length));
