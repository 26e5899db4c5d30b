import { createRegistry, PLUGIN_API } from '@foretoken/core';
import type { HeadContext } from '@foretoken/core/plugin';
import { expect, test } from 'vitest';
import bundle from './built-ins.ts';

const [D, F, V] = [4, 6, 5];
/** Queries and output 2 D², one key/value head of half the width D²: 48; SwiGLU 3 D F: 72; norms 2 D: 8. */
const BLOCK = 128;

function weightsOf(name: string, options: Record<string, string | number | boolean | number[]>, horizon: number) {
  const registry = createRegistry();
  for (const head of bundle.provides) registry.register(head, { package: 'test', version: '0.0.0', api: PLUGIN_API });
  let count = 0;
  const context = {
    ops: {},
    param: (_: string, shape: readonly number[]) => {
      count += shape.reduce((product, size) => product * size, 1);
      return { shape };
    },
    dims: {
      width: D,
      vocabulary: V,
      horizon,
      layers: 9,
      block: { attentionHeads: 2, keyValueHeads: 1, mlpWidth: F, rotaryBase: 10_000 },
    },
    readout: { gain_E: { shape: [D] }, weight_EV: { shape: [D, V] } },
  } as unknown as HeadContext;
  registry.get('head', name).create(context, registry.checkOptions('head', { ...options, name }, 'the test'));
  return count;
}

// By the formulas of the READMEs, with D = 4, F = 6, V = 5.
test.each<[string, Record<string, string | number | boolean | number[]>, number, number]>([
  ['linear', {}, 3, 3 * 16],
  ['parallel', {}, 1, BLOCK],
  ['parallel', {}, 3, 3 * BLOCK],
  ['parallel', { blocks: 2 }, 3, 3 * 2 * BLOCK],
  ['causal', { blocks: 2 }, 3, 3 * 2 * BLOCK],
  ['anticausal', { blocks: 2 }, 3, 3 * 2 * BLOCK],
  ['medusa', {}, 1, 0],
  ['medusa', {}, 3, 2 * (16 + 20 + 4)],
  ['medusa', { layers: 2 }, 3, 2 * (2 * 16 + 20 + 4)],
  ['medusa', { readout: 'shared' }, 3, 2 * 16],
  ['medusa', { draftTokens: [1, 4] }, 3, 2 * (16 + 8 + 4)],
  ['medusa', { from: 'block' }, 3, 2 * (16 + 20 + 4) + BLOCK],
  ['hydra', {}, 1, 0],
  ['hydra', {}, 3, (2 + 3) * 16 + 2 * 2 * 4],
  ['hydra', { norm: false, layers: 3 }, 4, (2 + 3 + 4) * 16 + 3 * 2 * 16],
  ['leap', {}, 1, 0],
  ['leap', {}, 6, 2 * 16],
  ['leap', { stride: 4, layers: 3 }, 8, 3 * 16],
  ['sequential', {}, 1, 0],
  ['sequential', {}, 3, 2 * (BLOCK + 2 * 16 + 2 * 4)],
  ['sequential', { repeat: true }, 1, 0],
  ['sequential', { repeat: true }, 4, BLOCK + 2 * 16 + 2 * 4],
  ['eagle', {}, 1, 0],
  ['eagle', {}, 4, BLOCK + 2 * 16 + 2 * 4 + 3 * 16],
  ['eagle', { features: 'output' }, 2, BLOCK + 2 * 16 + 2 * 4],
  ['eagle', { taps: [0.5, 1], draftTokens: [1, 4] }, 3, BLOCK + 2 * 16 + 2 * 4 + 2 * 16 + 8 + 4],
  ['register', {}, 1, 4],
  ['token-order', {}, 1, 20],
])('%s %j with horizon %i has the weights that its README says', (name, options, horizon, expected) => {
  expect(weightsOf(name, options, horizon)).toBe(expected);
});
