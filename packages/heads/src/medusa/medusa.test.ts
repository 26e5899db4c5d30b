import { createRegistry, PLUGIN_API } from '@foretoken/core';
import { buildModel, type TrainableModel } from '@foretoken/core/model';
import { createTransformerBlock, defineTrunk, type Tensor2D } from '@foretoken/core/plugin';
import { describeHeadContract } from '@foretoken/core/testing';
import { type Engine, openEngine, tf } from '@foretoken/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeReference } from '../reference.fixture.ts';
import medusa from './medusa.ts';

describeHeadContract(medusa, 'medusa');
describeHeadContract(medusa, 'medusa', { layers: 2, draftTokens: [7, 0, 3, 4, 9, 1] });
describeHeadContract(medusa, 'medusa', { from: 'block' });
describeHeadContract(medusa, 'medusa', { readout: 'shared' });
// With horizon 1 there is no further offset for these to act on.
const actElsewhere = ['layers', 'readout', 'draftTokens'];
describeHeadContract(medusa, 'medusa', {}, { horizon: 1, actElsewhere });
describeHeadContract(medusa, 'medusa', { from: 'block' }, { horizon: 1, actElsewhere });
describeReference(medusa, 'medusa');

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

const trunk = defineTrunk({
  name: 'blocks',
  shape: () => ({
    width: 4,
    layers: 4,
    block: { attentionHeads: 1, keyValueHeads: 1, mlpWidth: 12, rotaryBase: 10_000 },
  }),
  create: ({ ops, param, dims }) => {
    const table_VD = param<Tensor2D>('embedding', [dims.vocabulary, dims.width]);
    const blocks = Array.from({ length: dims.trunkLayers }, (_, i) =>
      createTransformerBlock({ ops, param }, `blocks.${i}`, dims),
    );
    return {
      embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
      forward: (x_BTD, at, memory) => [blocks.reduce((x, run, i) => run(x, at, memory.kv(`blocks.${i}`)), x_BTD)],
    };
  },
});

interface Settings {
  readonly options?: Record<string, string | number | number[]>;
  readonly horizon?: number;
  readonly match?: 'none' | 'parameters';
}

function build({ options = {}, horizon = 3, match = 'none' }: Settings): TrainableModel {
  const registry = createRegistry();
  registry.register(medusa, { package: 'under-test', version: '0.0.0', api: PLUGIN_API });
  const head = registry.checkOptions('head', { ...options, name: 'medusa' }, 'the test');
  const experiment = {
    seed: 0,
    data: { context: 4, dataset: { name: 'none' }, tokenizer: { name: 'none' } },
    model: {
      trunk: { name: 'blocks' },
      head: { ...head, name: 'medusa', horizon },
      readout: 'shared' as const,
      match,
      maxOffset: horizon,
    },
  };
  return buildModel({ engine, trunk, head: medusa, vocabulary: 5, experiment });
}

const valuesOf = (model: TrainableModel, name: string) => [...model.parameters.get(name)!.dataSync()];

test('every readout starts as offset 1’s, every layer at zero', () => {
  const model = build({});
  for (const [own, first] of [
    ['head/readout.2.unembedding', 'readout/unembedding'],
    ['head/readout.3.unembedding', 'readout/unembedding'],
    ['head/readout.2.norm', 'readout/norm'],
  ]) {
    expect(valuesOf(model, own)).toEqual(valuesOf(model, first));
  }
  expect(new Set(valuesOf(model, 'head/layers.2.1'))).toEqual(new Set([0]));
  expect(model.readout(2)).not.toBe(model.readout(3));
  expect(model.readout(1).weight_EV).toBe(model.parameters.get('readout/unembedding'));
  model.dispose();
});

test('readouts follow the trunk’s where those come from a finished run', () => {
  const model = build({ options: { draftTokens: [4, 2] } });
  const unembedding = tf.tensor2d([0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 20, 21, 22, 23, 24, 30, 31, 32, 33, 34], [4, 5]);
  model.store.start(new Map([['readout/unembedding', unembedding]]));
  expect(valuesOf(model, 'head/readout.3.unembedding')).toEqual([4, 2, 14, 12, 24, 22, 34, 32]);
  expect([...model.readout(3).tokens_V!]).toEqual([4, 2]);
  expect(model.readout(1).tokens_V).toBeUndefined();
  model.dispose();
});

test('readout: shared brings no weights but the layers', () => {
  const model = build({ options: { readout: 'shared', layers: 2 } });
  const own = [...model.parameters.keys()].filter((name) => name.startsWith('head/'));
  expect(own).toEqual(['head/layers.2.1', 'head/layers.2.2', 'head/layers.3.1', 'head/layers.3.2']);
  expect(model.readout(3)).toBe(model.readout(1));
  model.dispose();
});

test('from: block takes one layer from the trunk, whatever the horizon', () => {
  const layersOf = (settings: Settings) => {
    const model = build(settings);
    const { trunkLayers } = model.dims;
    model.dispose();
    return trunkLayers;
  };
  const from = 'block';
  expect(layersOf({ options: { from }, match: 'none' })).toBe(3);
  expect(layersOf({ options: { from, readout: 'shared' }, match: 'parameters' })).toBe(3);
  expect(layersOf({ options: { readout: 'shared' }, match: 'parameters' })).toBe(4);
});

test('draft tokens beyond the vocabulary, or without readouts to leave tokens out of, are refused', () => {
  expect(() => build({ options: { draftTokens: [0, 5] } })).toThrow(
    'OPTIONS_INVALID: head "medusa": draftTokens must be token ids below the vocabulary\'s 5, one was 5.',
  );
  expect(() => build({ options: { draftTokens: [0], readout: 'shared' } })).toThrow(
    'OPTIONS_INVALID: head "medusa": draftTokens needs readouts of its own to leave tokens out of, readout was shared.',
  );
  expect(() => build({ options: { draftTokens: [1, 1] } })).toThrow(/OPTIONS_INVALID: .*draftTokens/);
  expect(() => build({ options: { draftTokens: [] } })).toThrow(/OPTIONS_INVALID: .*draftTokens/);
  expect(() => build({ options: { draftTokens: [-1] } })).toThrow(/OPTIONS_INVALID: .*draftTokens/);
});
