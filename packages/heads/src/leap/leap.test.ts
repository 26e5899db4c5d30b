import type { HeadContext } from '@foretoken/core/plugin';
import { describeHeadContract } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import { describeReference } from '../reference.fixture.ts';
import leap from './leap.ts';

describeHeadContract(leap, 'leap');
describeHeadContract(leap, 'leap', { stride: 3, layers: 2 }, { horizon: 5 });
// With horizon 1 there is no further offset for an option to act on.
describeHeadContract(leap, 'leap', {}, { horizon: 1, actElsewhere: ['layers', 'stride'] });
describeReference(leap, 'leap');

const offsetsOf = (horizon: number, stride: number) => {
  const context = { param: () => undefined, dims: { width: 4, horizon } } as unknown as HeadContext;
  return leap.create(context, { stride, layers: 1 }).offsets;
};

test.each([
  [1, 2, [1]],
  [3, 2, [1, 3]],
  [4, 2, [1, 3]],
  [8, 2, [1, 3, 5, 7]],
  [8, 3, [1, 4, 7]],
  [3, 1, [1, 2, 3]],
])('a horizon of %i with stride %i predicts offsets %j', (horizon, stride, offsets) => {
  expect(offsetsOf(horizon, stride)).toEqual(offsets);
});

test.each([
  [2, 2],
  [4, 4],
  [4, 9],
])('a horizon of %i with stride %i, which leaves offset 1 alone, is refused', (horizon, stride) => {
  expect(() => offsetsOf(horizon, stride)).toThrow(
    `OPTIONS_INVALID: head "leap": stride must be below the horizon ${horizon}, or offset 1 is all there is, was ${stride}.`,
  );
});
