import { createHash } from 'node:crypto';
import type { Memory } from '@foretoken/core';
import { buildModel, memoryWithoutPast } from '@foretoken/core/model';
import { type Definition, defineHead } from '@foretoken/core/plugin';
import { chainNodes, type Engine, type KeyValueStore, openEngine, tf } from '@foretoken/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PRESETS } from './presets.ts';
import transformer from './transformer.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

const bare = defineHead({ name: 'bare', create: () => ({ forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD }) });

function model(trunk: object, definition: Definition<'trunk'> = transformer) {
  const experiment = {
    seed: 0,
    data: { context: 16, dataset: { name: 'none' }, tokenizer: { name: 'none' } },
    model: {
      trunk: { name: 'transformer', rotaryBase: 10_000, ...trunk },
      head: { name: 'bare', horizon: 1 },
      readout: 'shared' as const,
      match: 'none' as const,
      maxOffset: 1,
    },
  };
  return buildModel({ engine, experiment, trunk: definition, head: bare, vocabulary: 256 });
}

test('presets have the widths, layers and attention heads of the paper’s table S14', () => {
  const sizes = Object.entries(PRESETS).map(([name, p]) => `${name} ${p.width}/${p.layers}/${p.attentionHeads}`);
  expect(sizes).toEqual([
    '1M 128/5/4',
    '3M 256/4/8',
    '10M 384/6/8',
    '30M 512/10/8',
    '100M 768/14/12',
    '300M 1024/25/16',
  ]);
});

test('the number of parameters is the formula’s', () => {
  const [D, L, H, G, F, V] = [32, 3, 4, 2, 48, 256];
  const built = model({ preset: '1M', width: D, layers: L, attentionHeads: H, keyValueHeads: G, mlpWidth: F });
  const block = 2 * D * D * (1 + G / H) + 3 * D * F + 2 * D;
  expect(built.numParameters).toBe(V * D + L * block + D + D * V);
  built.dispose();
});

test('a width that does not divide into attention heads of even width is refused', () => {
  expect(() => model({ preset: '1M', width: 30, attentionHeads: 4 })).toThrow(/OPTIONS_INVALID.*even integer.*30 \/ 4/);
  expect(() => model({ preset: '1M', width: 20, attentionHeads: 4 })).toThrow(/OPTIONS_INVALID.*even integer/);
  expect(() => model({ preset: '1M', attentionHeads: 4, keyValueHeads: 3 })).toThrow(/multiple of keyValueHeads/);
});

test('taps are shares of the depth: 1 the output, 0.5 the state after half of the blocks', () => {
  const deep = model({ preset: '1M', width: 8, attentionHeads: 2, layers: 4 });
  const at = chainNodes(1, 4);
  const state = (built: ReturnType<typeof model>, taps: number[]) =>
    engine.tidy(() => {
      const tokens_BT = tf.tensor2d([1, 2, 3, 4], [1, 4], 'int32');
      const states = built.trunk.forward(built.trunk.embed(tokens_BT), at, memoryWithoutPast(built, at), taps);
      return states.map((tensor) => createHash('sha256').update(Float32Array.from(tensor.dataSync())).digest('hex'));
    });
  const [half, full] = state(deep, [0.5, 1]);
  expect(state(deep, [1, 0.5])).toEqual([full, half]);
  expect(half).not.toBe(full);
  at.dispose();
  deep.dispose();
});

test('with a past, chunk after chunk, every tap has the states of the whole text', () => {
  const built = model({ preset: '1M', width: 8, attentionHeads: 2, layers: 5 });
  const tokens = [7, 3, 9, 200, 4, 4, 1];
  const states = (chunk: number[], start: number, memory: Memory, at = chainNodes(1, chunk.length)) => {
    const { trunk } = built;
    const taps = engine.tidy(() =>
      trunk
        .forward(trunk.embed(tf.tensor2d([chunk], [1, chunk.length], 'int32')), at, memory, [0.5, 0, 1])
        .map((tap) => [...tap.dataSync()]),
    );
    at.dispose();
    return taps.map((tap) => ({ start, tap }));
  };
  const whole = states(tokens, 0, memoryWithoutPast(built, chainNodes(1, tokens.length)));
  const stores = new Map<string, KeyValueStore>();
  const memory: Memory = {
    kv: (slot) => {
      const store = stores.get(slot) ?? engine.createKeyValueStore(slot);
      if (!stores.has(slot)) store.join(0);
      stores.set(slot, store);
      store.bind([0]);
      return store;
    },
    scan: () => {
      throw new Error('a transformer keeps no states');
    },
  };
  for (const [start, end] of [
    [0, 3],
    [3, 4],
    [4, 7],
  ]) {
    const at = chainNodes(1, end - start, { start_B: [start] });
    const parts = states(tokens.slice(start, end), start, memory, at);
    const nodes = Array.from({ length: end - start }, (_, node) => node);
    engine.commitKeyValues([...stores.values()], [0], [nodes]);
    for (const [index, { tap }] of parts.entries()) {
      for (const [at, value] of tap.entries()) expect(value).toBeCloseTo(whole[index].tap[start * 8 + at], 5);
    }
  }
  expect([...stores.keys()]).toEqual(['blocks.0', 'blocks.1', 'blocks.2', 'blocks.3', 'blocks.4']);
  for (const store of stores.values()) store.dispose();
  built.dispose();
});
