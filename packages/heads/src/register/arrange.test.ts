// B rows, T positions, S nodes, D width.
import { createRandom } from '@foretoken/core';
import { buildModel, forwardTrunk } from '@foretoken/core/model';
import {
  createTransformerBlock,
  type Definition,
  defineHead,
  defineTrunk,
  type Tensor2D,
} from '@foretoken/core/plugin';
import { makeBatch } from '@foretoken/core/training';
import { createNodes, type Engine, openEngine, ROOT, tf } from '@foretoken/engine';
import { expect, test } from 'vitest';
import { arrangeRegisters } from './arrange.ts';
import register from './register.ts';

const bare = defineHead({ name: 'bare', create: () => ({ forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD }) });

const trunk = defineTrunk({
  name: 'two-blocks',
  shape: () => ({
    width: 8,
    layers: 2,
    block: { attentionHeads: 2, keyValueHeads: 1, mlpWidth: 12, rotaryBase: 10_000 },
  }),
  create({ ops, param, dims }) {
    const table_VD = param<Tensor2D>('embedding', [dims.vocabulary, dims.width]);
    const blocks = [0, 1].map((i) => createTransformerBlock({ ops, param }, `blocks.${i}`, dims));
    return {
      embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
      forward: (x_BTD, at, memory) => [blocks.reduce((x, run, i) => run(x, at, memory.kv(`blocks.${i}`)), x_BTD)],
    };
  },
});

function textStates(engine: Engine, head: Definition<'head'>, options: Record<string, number>): number[] {
  const experiment = {
    seed: 0,
    data: { context: 6, dataset: { name: 'none' }, tokenizer: { name: 'none' } },
    model: {
      trunk: { name: 'two-blocks' },
      head: { name: head.name, horizon: 1, ...options },
      readout: 'shared' as const,
      match: 'none' as const,
      maxOffset: 1,
    },
  };
  const model = buildModel({ engine, experiment, trunk, head, vocabulary: 11 });
  const rows = [0, 1].map((row) => ({
    tokens: Int32Array.from([3, 1, 4, 1, 5, 9, 2], (token) => token + row),
    document: Int32Array.from([0, 0, 0, 1, 1, 1, 1]),
  }));
  const tokens = makeBatch({ count: 2, read: (row) => rows[row] }, [0, 1], { context: 6, maxOffset: 1 });
  const at = createNodes(tokens);
  try {
    return engine.tidy(() => {
      const { source } = forwardTrunk(model, { tokens, at, random: createRandom(0, 'registers') });
      return Array.from(source.trunk[0].dataSync());
    });
  } finally {
    at.dispose();
    model.dispose();
  }
}

test('registers move no bit of the text’s states', async () => {
  const engine = await openEngine({ name: 'wasm' });
  expect(textStates(engine, register, { dMax: 4 })).toEqual(textStates(engine, bare, {}));
});

test('a register is a leaf below its token, at the position of the token before its target', async () => {
  const engine = await openEngine({ name: 'cpu' });
  // Two rows of three tokens; in the second a document starts at column 2.
  const at = createNodes({
    T: 3,
    position_BT: Int32Array.from([0, 1, 2, 0, 1, 0]),
    parent_BT: Int32Array.from([ROOT, 0, 1, ROOT, 0, ROOT]),
    length_B: Int32Array.from([3, 3]),
  });
  engine.tidy(() => {
    const batch = { x_BTD: tf.zeros([2, 3, 1]) as never, at, nodes: createNodes };
    const made = arrangeRegisters(engine.ops, batch, tf.tensor1d([7]), Int32Array.from([1, 3]));
    expect(Array.from(made.x_BSD.dataSync())).toEqual([0, 0, 0, 7, 7, 7, 0, 0, 0, 7, 7, 7]);
    expect([...made.at.position_BT]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 0, 2, 3, 2]);
    expect([...made.at.parent_BT]).toEqual([ROOT, 0, 1, 0, 1, 2, ROOT, 0, ROOT, 0, 1, 2]);
    expect([...made.columns_BT]).toEqual([0, 1, 2, 0, 1, 2]);
    made.at.dispose();
  });
  at.dispose();
});
