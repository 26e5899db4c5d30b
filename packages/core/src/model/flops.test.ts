// B rows, T positions, D width, V vocabulary.
import { type Engine, openEngine, type Tensor2D, type Tensor3D } from '@foretoken/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defineHead } from '../plugins/define.ts';
import { blocksHead, CONTEXT, HORIZON, tinyModel, VOCABULARY } from '../training/tiny-model.fixture.ts';
import { forwardFlops } from './flops.ts';
import { createTransformerBlock } from './transformer-block.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

// The tiny model, by hand: D = 8, 2 attention heads of width 4, 1 key/value head, SwiGLU 6 wide, V = 11, 5 tokens, which see
// 1, 2, 3, 4 and 5 of them: 15 / 5 = 3 on average.
const [D, F, V] = [8, 6, VOCABULARY];
const block = 2 * (D * D + 2 * (D * 4) + D * D + 3 * D * F) + 2 * (2 * D * 3);

const linearHead = defineHead({
  name: 'linear',
  create: ({ ops, param, dims }) => {
    const weights = Array.from({ length: dims.horizon }, (_, i) => param<Tensor2D>(`w.${i}`, [D, D]));
    return { forward: (offset, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, weights[offset - 1]) };
  },
});

/** A chain: the carry beside the next token's embedding, merged by one matrix, then a block. */
const sequentialHead = defineHead({
  name: 'sequential',
  blocksPerOffset: 1,
  create: ({ ops, param, dims, embed }) => {
    const merge = param<Tensor2D>('merge', [2 * D, D]);
    const blocks = Array.from({ length: dims.horizon }, (_, i) =>
      createTransformerBlock({ ops, param }, `blocks.${i + 1}`, dims),
    );
    return {
      reads: { carry: 'nearer', ahead: true },
      memory: 'per-offset',
      forward: (offset, { trunk: [hidden_BTD], carry_BTC = hidden_BTD, ahead, at, memory }) => {
        const token_BT = ahead[offset - 2];
        const x = token_BT ? ops.linear(ops.concat<Tensor3D>([carry_BTC, embed(token_BT)], 2), merge) : carry_BTC;
        return blocks[offset - 1](x, at, memory.kv(`blocks.${offset}`));
      },
    };
  },
});

test.each([
  // Of 4 layers, under match: none, one is the head's where its offsets are blocks.
  ['parallel blocks', blocksHead, { trunk: 3 * block, offsets: [block, block, block] }],
  ['one matrix per offset', linearHead, { trunk: 4 * block, offsets: [128, 128, 128] }],
  ['a chain that reads ahead', sequentialHead, { trunk: 3 * block, offsets: [block, 256 + block, 256 + block] }],
])('the operations of a transformer trunk with %s are those counted by hand', (_, head, expected) => {
  expect(block).toBe(2 * 336 + 96);
  const model = tinyModel(engine, { head });
  const flops = forwardFlops(model);
  expect(flops.trunk).toBe(expected.trunk);
  expect([1, 2, 3].map((i) => flops.offset(i))).toEqual(expected.offsets);
  expect(flops.readout(HORIZON)).toBe(2 * D * V);
  expect(flops.offset(HORIZON + 1)).toBe(0);
  model.dispose();
});

test('a reduced vocabulary costs its own size, and replicated readouts cost one each', () => {
  const reduced = defineHead({
    name: 'reduced',
    ownReadout: true,
    create: ({ param, readout }) => {
      const small = { weight_EV: param<Tensor2D>('out', [D, 3]), tokens_V: Int32Array.of(1, 4, 7) };
      return { forward: (_, { trunk: [h] }) => h, readout: (offset) => (offset === 1 ? readout : small) };
    },
  });
  const model = tinyModel(engine, { head: reduced, readout: 'replicated' });
  expect([1, 2].map((i) => forwardFlops(model).readout(i))).toEqual([2 * D * V, 2 * D * 3]);
  model.dispose();
});

test('register tokens that a head adds to the input are work of the trunk', () => {
  const doubled = defineHead({
    name: 'doubled',
    create: ({ ops }) => ({
      forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
      arrange: ({ x_BTD, at, nodes }) => ({
        x_BSD: ops.concat([x_BTD, x_BTD], 1),
        // One leaf under every token.
        at: nodes({
          T: 2 * at.T,
          position_BT: Int32Array.of(...at.position_BT, ...at.position_BT.map((p) => p + 1)),
          parent_BT: Int32Array.of(...at.parent_BT, ...at.parent_BT.map((_, t) => t)),
          length_B: Int32Array.of(2 * at.T),
        }),
        columns_BT: Int32Array.from({ length: at.T }, (_, t) => t),
      }),
    }),
  });
  const model = tinyModel(engine, { head: doubled });
  // Ten nodes, five of which see one node more.
  const registers = 2 * 2 * 336 + 2 * 2 * D * ((15 + 20) / CONTEXT);
  expect(forwardFlops(model).trunk).toBe(4 * registers);
  model.dispose();
});
