import { type Engine, openEngine, type Tensor2D } from '@foretoken/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineHead } from '../plugins/define.ts';
import { CONTEXT, tinyModel, VOCABULARY } from '../training/tiny-model.fixture.ts';
import { costRatioOf } from './cost-ratio.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

test('the cost of an offset is that of its head and readout over a one-token forward, counted by hand', () => {
  const model = tinyModel(engine);
  const [D, F, H, G] = [8, 6, 2, 1];
  const d = D / H;
  // Products per token: query and output, key and value, scores and mixing over what is seen, SwiGLU.
  const block = 2 * D * D + 2 * D * G * d + 2 * D * ((CONTEXT + 1) / 2) + 3 * D * F;
  const readout = D * VOCABULARY;
  const oneToken = model.dims.trunkLayers * block + block + readout;
  const costRatio = costRatioOf(model);
  for (const offset of [1, 2, 3]) expect(costRatio(offset)).toBeCloseTo((block + readout) / oneToken, 12);
  model.dispose();
});

test('an offset that the head does not predict costs nothing, and counting leaves nothing behind', () => {
  const head = defineHead({
    name: 'leap',
    create: ({ ops, param, dims }) => {
      const weight_DD = param<Tensor2D>('weights', [dims.width, dims.width]);
      return { offsets: [1, 3], forward: (_, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, weight_DD) };
    },
  });
  const model = tinyModel(engine, { head });
  const before = engine.memory().numTensors;
  const costRatio = costRatioOf(model);
  expect(costRatio(2)).toBe(0);
  expect(costRatio(4)).toBe(0);
  expect(costRatio(3)).toBeGreaterThan(0);
  expect(engine.memory().numTensors).toBe(before);
  model.dispose();
});
