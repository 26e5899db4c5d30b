import { type Engine, openEngine } from '@foretoken/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Experiment } from '../config/experiment.ts';
import type { Tokenizer } from '../contracts/data.ts';
import { defineHead, defineHorizonSchedule, defineTokenizer, defineWeighting } from '../plugins/define.ts';
import { createRegistry } from '../plugins/registry.ts';
import { blocksHead, CONTEXT, HORIZON, TINY_SETTINGS, tinyTrunk, VOCABULARY } from './tiny-model.fixture.ts';
import { withTrainingPreview } from './training-preview.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

const never = (): never => {
  throw new Error('not asked for');
};
const registry = createRegistry();
for (const plugin of [
  tinyTrunk,
  blocksHead,
  defineHead({ name: 'broken', create: never }),
  defineTokenizer({
    name: 'none',
    create: () => ({ vocabulary: VOCABULARY, encode: never, decode: never }) as unknown as Tokenizer,
  }),
  defineHorizonSchedule({ name: 'fixed', create: ({ horizon }) => ({ start: () => null, now: () => horizon }) }),
  defineWeighting({
    name: 'uniform',
    create: () => ({ start: (terms) => terms.length, now: (count) => Array.from({ length: count }, () => 1) }),
  }),
])
  registry.register(plugin, { package: 'test', version: '1.0.0', api: 1 });

const host = { plugins: { registryFor: async () => registry } as never, openEngine: async () => engine };

function experiment(training: Partial<Experiment['training']> = {}, head = blocksHead.name): Experiment {
  return {
    ...{ formatVersion: 1, name: 'x', seed: 0, plugins: [], decoders: {}, evals: [] },
    engine: { name: 'cpu', precision: 'float32' },
    data: { context: CONTEXT, dataset: { name: 'none' }, tokenizer: { name: 'none' } },
    model: {
      ...{ trunk: { name: 'tiny' }, head: { name: head, horizon: HORIZON } },
      ...{ readout: 'shared', match: 'none', maxOffset: HORIZON },
    },
    training: {
      ...{ ...TINY_SETTINGS, steps: 20, batch: 2, accumulate: 3, checkpointEvery: 5, weighting: { name: 'uniform' } },
      ...training,
    },
  } as Experiment;
}

test('a preview says what the training will count to, and its checkpoints', async () => {
  const cost = await withTrainingPreview(host, experiment(), '.', (preview) => preview.cost);
  // By hand: embedding and unembedding, final norm; 3 + 3 blocks of 192 for attention, 144 for the MLP, two norms.
  const parameters = 2 * VOCABULARY * 8 + 8 + 6 * (192 + 144 + 16);
  const forward = 6 * (2 * 336 + 96) + 3 * 2 * 8 * VOCABULARY;
  const tokens = 20 * 2 * 3 * CONTEXT;
  expect(cost).toMatchObject({ parameters, layers: 4, trunkLayers: 3, steps: 20, tokens });
  expect(cost.flopsPerToken).toEqual({ forward, training: 3 * forward });
  expect(cost.trainingFlops).toBe(3 * forward * tokens);
  expect([cost.checkpoints, cost.checkpointBytes]).toEqual([3, 3 * 3 * 4 * parameters]);
});

test('a short training keeps fewer checkpoints', async () => {
  const count = (steps: number) =>
    withTrainingPreview(host, experiment({ steps }), '.', ({ cost: { checkpoints } }) => checkpoints);
  expect([await count(5), await count(6), await count(40)]).toEqual([1, 2, 3]);
});

test('a training that keeps more checkpoints is said to need the room for them', async () => {
  const count = (keepCheckpoints: number, minutes?: number) =>
    withTrainingPreview(
      host,
      experiment({ keepCheckpoints, ...(minutes && { minutes }) }),
      '.',
      ({ cost }) => cost.checkpoints,
    );
  expect([await count(2), await count(3), await count(100), await count(3, 1)]).toEqual([3, 4, 4, 4]);
});

test('steps on made-up tokens give a rate: as many operations as were counted, over their time', async () => {
  const rate = await withTrainingPreview(host, experiment(), '.', (preview) => preview.flopsPerSecond(1));
  expect(rate).toBeGreaterThan(0);
  expect(rate).toBeLessThan(1e13);
});

test('what cannot be made says so and leaves nothing behind', async () => {
  await expect(withTrainingPreview(host, experiment({}, 'broken'), '.', () => 0)).rejects.toThrow(/not asked for/);
});
