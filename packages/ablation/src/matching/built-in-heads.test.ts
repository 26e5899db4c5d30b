// D width, V vocabulary, F width of the SwiGLU, L blocks, n horizon.
import { type Host, type Json, resolveExperiment, sourceOf } from '@foretoken/core';
import { buildModel, forwardFlops, type TrainableModel } from '@foretoken/core/model';
import { flopsPerToken } from '@foretoken/core/training';
import { type Engine, openEngine } from '@foretoken/engine';
import { afterAll, describe, expect, test } from 'vitest';
import { createForetokenHost } from '../host.ts';

const host: Host = await createForetokenHost();
const engine: Engine = await openEngine({ name: 'cpu' });
afterAll(() => host.dispose());

const [D, V, L, n] = [64, 256, 12, 4];
// Query, key, value and output; gate, up and down of width 192; two gains.
const block = 4 * D * D + 3 * D * 192 + 2 * D;
const reference = 2 * D * V + L * block + D;

interface Arm {
  readonly head: Json;
  readonly readout?: 'shared' | 'replicated';
  readonly vocabulary?: number;
}

function modelOf({ head, readout = 'shared', vocabulary = V }: Arm): TrainableModel {
  const registry = host.plugins.builtIns;
  const file = {
    data: { dataset: { name: 'text-files', include: ['none'] }, context: 8 },
    model: {
      trunk: { name: 'transformer', width: D, layers: L, attentionHeads: 2 },
      head,
      readout,
      match: 'parameters',
    },
  };
  const experiment = resolveExperiment(sourceOf(file, 'matched'), registry);
  const { trunk, head: own } = experiment.model;
  const plugins = { trunk: registry.get('trunk', trunk.name), head: registry.get('head', own.name) };
  return buildModel({ engine, experiment, ...plugins, vocabulary });
}

/** Further offsets that these heads only train on have no head of their own. */
const trainingOnly = new Set(['register', 'token-order']);

/** Every built-in head by its defaults, and what some of them weigh otherwise. */
const arms: [string, Arm][] = [
  ...host.plugins.builtIns
    .names('head')
    .map((name): [string, Arm] => [name, { head: { name, horizon: trainingOnly.has(name) ? 1 : n } }]),
  ['one offset', { head: { name: 'parallel', horizon: 1 } }],
  ['repeated sequential', { head: { name: 'sequential', horizon: n, repeat: true } }],
  ['replicated parallel', { head: { name: 'parallel', horizon: n }, readout: 'replicated' }],
  ['replicated linear', { head: { name: 'linear', horizon: n }, readout: 'replicated' }],
];

describe('match: parameters at 12 blocks x 64', () => {
  test.each(arms)('%s: as many as the one-token model within 1%%', (_, arm) => {
    const model = modelOf(arm);
    expect(model.sizes.referenceParameters).toBe(reference);
    const { numParameters } = model;
    model.dispose();
    expect(Math.abs(numParameters / reference - 1)).toBeLessThan(0.01);
  });

  test.each([
    ['parallel', { trunkLayers: L - n, headMlpWidth: 192, lastMlpWidth: 192 }],
    // Four matrices of D^2 are 85.3 units of 3 D in one block.
    ['linear', { trunkLayers: L, headMlpWidth: 192, lastMlpWidth: 192 - 85 }],
  ])('%s: the sizes are those found by hand', (name, sizes) => {
    const model = modelOf({ head: { name, horizon: n } });
    expect(model.sizes).toEqual({ ...sizes, referenceParameters: reference });
    model.dispose();
  });

  test('what weighs more than all blocks is refused', () => {
    const heavy: Arm = { head: { name: 'parallel', horizon: n }, readout: 'replicated', vocabulary: 8192 };
    expect(() => modelOf(heavy)).toThrow(/LAYERS_TOO_FEW: head "parallel" .* readout: replicated has more weights/);
  });
});

describe('counted operations per token, context 8', () => {
  test.each(arms)('of %s: a training step costs three forwards, or what its own losses make of it', (name, arm) => {
    const model = modelOf(arm);
    const { forward, training } = flopsPerToken(model, { steps: 1 });
    const before = engine.memory().numTensors;
    expect(flopsPerToken(model, { steps: 1 })).toEqual({ forward, training });
    expect(engine.memory().numTensors).toBe(before);
    // Those whose losses are not one readout per offset: MuToR's registers, TOP's ranking, EAGLE's features.
    if (model.head.objectives === undefined) expect(training).toBe(3 * forward);
    else expect(training, name).toBeGreaterThan(2 * forward);
    model.dispose();
  });

  // Products with the weights of a block, and 4.5 seen tokens on average, each scored and mixed over D.
  const blockFlops = (F: number) => 2 * (4 * D * D + 3 * D * F) + 2 * (2 * D * 4.5);
  const readout = 2 * D * V;

  test.each([
    ['parallel', (F: number) => [1, 2, 3, 4].map(() => blockFlops(F))],
    ['linear', () => [1, 2, 3, 4].map(() => 2 * D * D)],
    ['sequential', (F: number) => [0, ...[2, 3, 4].map(() => 2 * 2 * D * D + blockFlops(F))]],
  ])('of %s are those of its formula', (name, offsets) => {
    const model = modelOf({ head: { name, horizon: n } });
    const { trunkLayers, headMlpWidth, lastMlpWidth } = model.sizes;
    const trunk = (trunkLayers - 1) * blockFlops(192) + blockFlops(lastMlpWidth);
    const flops = forwardFlops(model);
    expect(flops.trunk).toBe(trunk);
    expect([1, 2, 3, 4].map((i) => flops.offset(i))).toEqual(offsets(headMlpWidth));
    expect([1, 2, 3, 4].map((i) => flops.readout(i))).toEqual([readout, readout, readout, readout]);
    const forward = trunk + offsets(headMlpWidth).reduce((sum, own) => sum + own, 4 * readout);
    expect(flopsPerToken(model, { steps: 1 })).toEqual({ forward, training: 3 * forward });
    model.dispose();
  });
});

test('nothing is left of any model', () => expect(engine.memory().numTensors).toBe(0));
