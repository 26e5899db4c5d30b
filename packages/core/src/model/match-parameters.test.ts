import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ModelSizes, matchParameters } from './match-parameters.ts';

/** Parameters of a model of blocks: each costs `rest` and `unit` per width. */
interface Blocks {
  readonly rest: number;
  readonly unit: number;
  readonly width: number;
  readonly layers: number;
  readonly headBlocks: number;
  /** Weights that the head brings besides. */
  readonly extra: number;
}

const countOf =
  ({ rest, unit, width, headBlocks, extra }: Blocks) =>
  ({ trunkLayers, headMlpWidth, lastMlpWidth }: ModelSizes) =>
    (trunkLayers - 1) * (rest + unit * width) +
    (rest + unit * lastMlpWidth) +
    headBlocks * (rest + unit * headMlpWidth) +
    extra;

const blocks = fc.record({
  rest: fc.integer({ min: 1, max: 200 }),
  unit: fc.integer({ min: 1, max: 20 }),
  width: fc.integer({ min: 1, max: 40 }),
  layers: fc.integer({ min: 1, max: 8 }),
  headBlocks: fc.integer({ min: 0, max: 4 }),
  extra: fc.integer({ min: -300, max: 2000 }),
});

const startOf = ({ layers, headBlocks, width }: Blocks): ModelSizes => ({
  trunkLayers: Math.max(1, layers - headBlocks),
  headMlpWidth: width,
  lastMlpWidth: width,
});

/** Every width of the head's blocks, or of the last block where there are none, at every number of trunk blocks. */
function* candidates(model: Blocks): Generator<ModelSizes> {
  const start = startOf(model);
  for (let trunkLayers = start.trunkLayers; trunkLayers >= 1; trunkLayers--) {
    for (let width = 1; width < 6000; width++) {
      yield { ...start, trunkLayers, [model.headBlocks > 0 ? 'headMlpWidth' : 'lastMlpWidth']: width };
    }
  }
}

test('the sizes found are as near to the reference as any width of theirs, with as many trunk blocks as can be', () => {
  fc.assert(
    fc.property(blocks, (model) => {
      const count = countOf(model);
      const reference = model.layers * (model.rest + model.unit * model.width);
      const found = matchParameters(startOf(model), reference, count);
      const perUnit = model.unit * Math.max(1, model.headBlocks);
      // Whatever lies nearer than half a unit, by brute force.
      const near = [...candidates(model)].filter((sizes) => Math.abs(count(sizes) - reference) <= perUnit / 2);
      if (found === undefined) {
        expect(near).toEqual([]);
        return;
      }
      expect(found.trunkLayers).toBe(Math.max(...near.map(({ trunkLayers }) => trunkLayers)));
      const same = near.filter(({ trunkLayers }) => trunkLayers === found.trunkLayers);
      const nearest = Math.min(...same.map((sizes) => Math.abs(count(sizes) - reference)));
      expect(Math.abs(count(found) - reference)).toBe(nearest);
    }),
    { numRuns: 60 },
  );
});

test('a model that matches already stays as it is', () => {
  const start = { trunkLayers: 2, headMlpWidth: 8, lastMlpWidth: 8 };
  const model = { rest: 10, unit: 3, width: 8, layers: 4, headBlocks: 2, extra: 0 };
  expect(matchParameters(start, countOf(model)(start), countOf(model))).toBe(start);
});

test('a model of which no width counts stays as it is', () => {
  const start = { trunkLayers: 2, headMlpWidth: 8, lastMlpWidth: 8 };
  expect(matchParameters(start, 1000, () => 900)).toBe(start);
});
