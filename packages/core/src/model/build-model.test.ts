import { type Engine, openEngine, type Tensor, type Tensor2D } from '@foretoken/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineHead } from '../plugins/define.ts';
import { blocksHead, tinyModel, VOCABULARY } from '../training/tiny-model.fixture.ts';
import type { TrainableModel } from './build-model.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

const values = (tensor: Tensor) => [...tensor.dataSync()];

function weightsOf(model: TrainableModel, prefix: string): Record<string, number[]> {
  const entries = [...model.parameters].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, tensor]) => [name, values(tensor)]));
}

const bare = defineHead({ name: 'bare', create: () => ({ forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD }) });

test('another head or horizon leaves every initial weight of the trunk bit-identical', () => {
  const models = [tinyModel(engine), tinyModel(engine, { horizon: 2 }), tinyModel(engine, { head: bare })];
  const [trunk, ...others] = models.map((model) => weightsOf(model, 'trunk/'));
  for (const other of others) {
    for (const [name, weights] of Object.entries(trunk)) if (other[name]) expect(other[name]).toEqual(weights);
  }
  expect(Object.keys(others[1])).toContain('trunk/embedding');
  for (const model of models) model.dispose();
});

test('another seed gives other weights, the same seed the same', () => {
  const models = [0, 0, 1].map((seed) => tinyModel(engine, { seed }));
  const [first, same, other] = models.map((model) => weightsOf(model, 'trunk/embedding'));
  expect(same).toEqual(first);
  expect(other).not.toEqual(first);
  for (const model of models) model.dispose();
});

test('match: parameters takes the head’s blocks from the trunk, so that the count stays that of one offset', () => {
  // 4 layers: 3 in the trunk and one in the head, or 1 and 3.
  const [one, three] = [1, 3].map((horizon) => tinyModel(engine, { horizon, match: 'parameters' }));
  expect([one.dims.trunkLayers, three.dims.trunkLayers]).toEqual([3, 1]);
  expect(three.numParameters).toBe(one.numParameters);
  const unmatched = tinyModel(engine, { horizon: 3 });
  expect(unmatched.dims.trunkLayers).toBe(3);
  for (const model of [one, three, unmatched]) model.dispose();
});

/** One matrix per offset: no blocks, but weights. */
const matrices = defineHead({
  name: 'matrices',
  create: ({ ops, param, dims: { width, horizon } }) => {
    const weights = Array.from({ length: horizon }, (_, i) => param<Tensor2D>(`w.${i}`, [width, width]));
    return { forward: (offset, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, weights[offset - 1]) };
  },
});

test('match: parameters makes the trunk’s last block wider or narrower where the head has none', () => {
  // By hand: a block has 64 + 2 x 32 + 64 + 3 x 8 x 6 + 16 = 352 weights, and with both tables of 88 and the final norm
  // the one-token model 1592. Three matrices bring 192: eight units of 24, more than the six of one block.
  const model = tinyModel(engine, { head: matrices, match: 'parameters' });
  expect(model.sizes).toEqual({ trunkLayers: 3, headMlpWidth: 6, lastMlpWidth: 6 + 7, referenceParameters: 1592 });
  expect(model.numParameters).toBe(1592 - 352 + 192 + 7 * 24);
  expect(model.parameters.get('trunk/blocks.2.gate')?.shape).toEqual([8, 13]);
  expect(model.parameters.get('trunk/blocks.1.gate')?.shape).toEqual([8, 6]);
  model.dispose();
});

test('match: parameters makes the head’s own blocks pay for readouts of their own', () => {
  // Two more readouts of 96 weights: -2.67 units in each of three blocks.
  const model = tinyModel(engine, { readout: 'replicated', match: 'parameters' });
  expect(model.sizes).toEqual({ trunkLayers: 1, headMlpWidth: 3, lastMlpWidth: 6, referenceParameters: 1592 });
  expect(model.numParameters).toBe(1592 + 2 * 96 - 3 * 3 * 24);
  model.dispose();
});

test('match: parameters refuses weights that no trunk block can make up for, and leaves nothing behind', () => {
  const heavy = defineHead({
    name: 'heavy',
    create: ({ param }) => {
      param('table', [1592, 1]);
      return { forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD };
    },
  });
  const before = engine.memory().numTensors;
  expect(() => tinyModel(engine, { head: heavy, match: 'parameters' })).toThrow(
    /LAYERS_TOO_FEW: head "heavy" .* more weights than .*one-token model has 1592/,
  );
  expect(engine.memory().numTensors).toBe(before);
});

test('without match: parameters no size moves', () => {
  const model = tinyModel(engine, { head: matrices });
  expect(model.sizes).toEqual({ trunkLayers: 4, headMlpWidth: 6, lastMlpWidth: 6 });
  model.dispose();
});

test('heads that would take every block are refused with the numbers', () => {
  const greedy = defineHead({ ...blocksHead, name: 'greedy-blocks', blocksPerOffset: 2 });
  expect(() => tinyModel(engine, { head: greedy, match: 'parameters' })).toThrow(
    /LAYERS_TOO_FEW: head "greedy-blocks" with horizon 3 takes 6 of 4 layers/,
  );
});

test('a shared readout is one for all offsets; replicated ones differ, the first equal to the shared', () => {
  const [shared, replicated] = (['shared', 'replicated'] as const).map((readout) => tinyModel(engine, { readout }));
  expect(shared.readout(2)).toBe(shared.readout(1));
  expect(replicated.readout(2)).not.toBe(replicated.readout(1));
  expect(values(replicated.readout(1).weight_EV)).toEqual(values(shared.readout(1).weight_EV));
  const extra = 2 * (8 * VOCABULARY + 8);
  expect(replicated.numParameters - shared.numParameters).toBe(extra);
  for (const model of [shared, replicated]) model.dispose();
});

test('an offset that the head does not predict has the shared readout or none, and never makes a weight', () => {
  const head = defineHead({
    ...bare,
    name: 'odd',
    create: () => ({ offsets: [1, 3], forward: (_, { trunk: [h] }) => h }),
  });
  const [shared, replicated] = (['shared', 'replicated'] as const).map((readout) =>
    tinyModel(engine, { head, readout }),
  );
  expect(shared.readout(2)).toBe(shared.readout(1));
  const { numParameters } = replicated;
  expect(() => replicated.readout(2)).toThrow(/OFFSET_UNSUPPORTED: head "odd" does not predict offset 2/);
  expect(replicated.store.count).toBe(numParameters);
  for (const model of [shared, replicated]) model.dispose();
});

test('a head that extends and brings readouts has one for the offsets past its horizon, too', () => {
  const brings = (name: string, extended: boolean) =>
    defineHead({
      name,
      create: ({ param, readout }) => {
        const draft = { weight_EV: param<Tensor2D>('draft', [8, VOCABULARY]) };
        return {
          extends: extended,
          forward: (_, { trunk: [h] }) => h,
          readout: (offset) => (offset === 1 ? readout : draft),
        };
      },
    });
  const models = [true, false].map((extended) => tinyModel(engine, { head: brings('brings', extended), horizon: 2 }));
  expect(models[0].readout(5)).toBe(models[0].readout(2));
  expect(models[1].readout(5)).toBe(models[1].readout(1));
  for (const model of models) model.dispose();
});

test('replicated readouts are refused where the head brings its own without declaring it, and no others', () => {
  const brings = (further: readonly number[], ownReadout?: boolean) =>
    defineHead({
      name: 'brings',
      ownReadout,
      create: ({ param, readout }) => {
        const own = { weight_EV: param<Tensor2D>('own', [8, VOCABULARY]) };
        return {
          forward: (_, { trunk: [h] }) => h,
          readout: (offset) => (further.includes(offset) ? own : offset === 1 ? readout : (undefined as never)),
        };
      },
    });
  expect(() => tinyModel(engine, { head: brings([3]), readout: 'replicated' })).toThrow(
    'CONFIG_CONFLICT: head "brings": `readout` gives offset 3 a readout, so model.readout: replicated would do nothing. ' +
      'Use shared; the head’s author declares `ownReadout: true` beside its name.',
  );
  expect(() => tinyModel(engine, { head: brings([2, 3], false), readout: 'replicated' })).toThrow('gives offset 2');
  for (const [head, readout] of [
    [brings([2, 3]), 'shared'],
    [brings([2, 3], true), 'replicated'],
    [brings([]), 'replicated'],
    [brings([1]), 'replicated'],
  ] as const) {
    tinyModel(engine, { head, readout }).dispose();
  }
});

test('a weight that is asked for after the model was made is refused', () => {
  const late = defineHead({
    name: 'late',
    create: ({ ops, param }) => ({ forward: (_, { trunk: [h] }) => ops.add(h, param('late', [8])) }),
  });
  const model = tinyModel(engine, { head: late });
  expect(() => model.head.forward(1, { trunk: [{} as never] } as never)).toThrow(
    /PARAMETER_INVALID: parameter "head\/late" was asked for when the model was made already/,
  );
  model.dispose();
});

test('offsets that do not start at 1 or do not ascend are refused', () => {
  for (const offsets of [[2, 3], [1, 3, 2], [1, 1], []]) {
    const head = defineHead({ ...bare, name: 'odd', create: () => ({ forward: (_, { trunk: [h] }) => h, offsets }) });
    expect(() => tinyModel(engine, { head })).toThrow(/OFFSET_UNSUPPORTED: head "odd"/);
  }
});

test('a head that asks twice for one name, or for a bad one, is refused and leaves nothing behind', () => {
  const asking = (...names: string[]) =>
    defineHead({
      name: 'asks',
      create: ({ param }) => {
        for (const name of names) param(name, [2]);
        return { forward: (_, { trunk: [h] }) => h };
      },
    });
  expect(() => tinyModel(engine, { head: asking('a', 'a') })).toThrow(/PARAMETER_DUPLICATE: parameter "head\/a"/);
  for (const name of ['', 'A', '../a', 'a b', '__proto__']) {
    expect(() => tinyModel(engine, { head: asking(name) })).toThrow(/PARAMETER_INVALID/);
  }
  expect(engine.memory().numTensors).toBe(0);
});

test('initial weights have the standard deviation asked for and stay within three of it', () => {
  const head = defineHead({
    name: 'wide',
    create: ({ param }) => {
      param('big', [100, 100], { kind: 'normal', standardDeviation: 0.5 });
      param('eye', [3, 3], { kind: 'identity', scale: 2 });
      return { forward: (_, { trunk: [h] }) => h };
    },
  });
  const model = tinyModel(engine, { head });
  const big = values(model.parameters.get('head/big')!);
  const mean = big.reduce((sum, value) => sum + value, 0) / big.length;
  const deviation = Math.sqrt(big.reduce((sum, value) => sum + (value - mean) ** 2, 0) / big.length);
  // A normal cut at 3 deviations has a standard deviation of 0.98658 (variance 1 - 6 phi(3) / (2 Phi(3) - 1)).
  expect(mean).toBeCloseTo(0, 1);
  expect(deviation).toBeCloseTo(0.5 * 0.98658, 2);
  expect(Math.max(...big.map(Math.abs))).toBeLessThanOrEqual(1.5);
  expect(values(model.parameters.get('head/eye')!)).toEqual([2, 0, 0, 0, 2, 0, 0, 0, 2]);
  model.dispose();
});
