import { expect, test } from 'vitest';
import { attendOne } from './attend.ts';

test.each([1, 3, 4, 5, 8, 11])('values of %i keys are added key after key, as cancellation would show', (count) => {
  const d = 3;
  // Equal weights; 1e17 swallows a 1 in float64, so any other order of additions gives another sum.
  const values = Float32Array.from(
    { length: count * d },
    (_, at) => [1e17, 1, -1e17, 3][Math.floor(at / d) % 4] + (at % d),
  );
  let expected = 0;
  for (let key = 0; key < count; key++) expected += values[key * d];
  const out = new Float32Array(d);
  const scratch = {
    scores: new Float64Array(count),
    places: Int32Array.from({ length: count }, (_, key) => key * d),
    query: new Float64Array(d),
    sums: new Float64Array(d),
  };
  attendOne(new Float32Array(d), 0, { keys: new Float32Array(count * d), values, start: 0, d }, count, out, scratch);
  expect(out[0]).toBe(Math.fround(expected / count));
});

test('scores far apart neither overflow nor leave a trace of the smaller one', () => {
  const scratch = {
    scores: new Float64Array(2),
    places: Int32Array.from([0, 1]),
    query: new Float64Array(1),
    sums: new Float64Array(1),
  };
  const out = new Float32Array(1);
  const head = { keys: Float32Array.from([1e4, -1e4]), values: Float32Array.from([7, 100]), start: 0, d: 1 };
  attendOne(Float32Array.from([1]), 0, head, 2, out, scratch);
  expect(out[0]).toBe(7);
});
