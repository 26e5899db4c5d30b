// B batch, T positions, D width.
import { type Ops, openEngine, type Tensor, type Tensor2D, type Tensor3D, tf } from '@foretoken/engine';
import { describe, expect, test } from 'vitest';
import { createTransformerBlock, type Definition, defineHead } from '../../plugin.ts';
import { openHeadCase } from '../head/head-case.ts';
import { runHead } from '../head/run-head.ts';
import { withReference } from './reference-measure.ts';
import { ReferenceOps } from './reference-ops.ts';

/** What the adapter adds to the reference, which is judged by itself: axes from behind, sizes that are left out. */
const CASES: Readonly<Record<string, (ops: Ops, x: Tensor2D) => Tensor | Tensor[]>> = {
  'slice to the end': (ops, x) => ops.slice(x, [1, 0], [-1, 2]),
  'reshape with one size left out': (ops, x) => ops.reshape(x, [2, -1]),
  'concat along the last axis': (ops, x) => ops.concat([x, x], -1),
  'split in equal parts': (ops, x) => ops.split(x, 2, 1),
  'split in given parts along the last axis': (ops, x) => ops.split(x, [1, 3], -1),
  'stack along a new axis': (ops, x) => ops.stack([x, x], 1),
  'gatherRows with a repeat': (ops, x) => ops.gatherRows(x, [2, 0, 2]),
  'add with a row': (ops, x) => ops.add(x, ops.slice(x, [0, 0], [1, 4])),
  'readoutLogits without norm': (ops, x) => ops.readoutLogits(x, { weight_EV: ops.transpose(x) }),
  'crossEntropyRows of a later block': (ops, x) => {
    const { loss_R, dLogits_RV } = ops.crossEntropyRows(Int32Array.of(0, 3, -1, 1))(x, 1);
    return [loss_R, dLogits_RV];
  },
};

test.each(Object.entries(CASES))('%s is what the engine gives', async (_, run) => {
  const engine = await openEngine({ name: 'cpu' });
  const values = Array.from({ length: 12 }, (_, i) => Math.sin(i));
  engine.tidy(() => {
    const x = tf.tensor2d(values, [3, 4]);
    const [got, want] = [new ReferenceOps().ops, engine.ops].map((ops) => [run(ops, x)].flat());
    expect(got.map(({ shape }) => shape)).toEqual(want.map(({ shape }) => shape));
    for (const [i, tensor] of want.entries()) {
      const wanted = tensor.dataSync();
      for (const [j, value] of got[i].dataSync().entries()) expect(value).toBeCloseTo(wanted[j], 5);
    }
  });
});

/** Heads that keep to `ops`, of every kind of memory and reading. */
const KEEPING: readonly Definition<'head'>[] = [
  defineHead({
    name: 'attending',
    create(context) {
      const block = createTransformerBlock(context, 'block', context.dims);
      return {
        memory: 'per-offset',
        forward: (offset, { trunk: [hidden_BTD], at, memory }) => block(hidden_BTD, at, memory.kv(`${offset}`)),
      };
    },
  }),
  defineHead({
    name: 'unrolling',
    create(context) {
      const { ops, embed } = context;
      const block = createTransformerBlock(context, 'block', context.dims);
      return {
        memory: 'unrolled',
        reads: { carry: 'nearer', ahead: true },
        forward(offset, { trunk: [hidden_BTD], carry_BTC, ahead, at, memory }) {
          if (offset === 1) return hidden_BTD;
          return block(ops.add(carry_BTC!, embed(ahead[offset - 2])), at, memory.kv('block'));
        },
      };
    },
  }),
  defineHead({
    name: 'reading-out',
    ownReadout: true,
    create({ ops, param, dims, readout }) {
      const copy_DV = param<Tensor2D>('unembedding', readout.weight_EV.shape, { kind: 'copy', of: readout.weight_EV });
      const bias_V = param<never>('bias', [dims.vocabulary], { kind: 'zeros' });
      return {
        readout: (offset) => (offset === 1 ? readout : { weight_EV: copy_DV, bias_V }),
        forward: (_, { trunk: [hidden_BTD] }) => ops.silu(hidden_BTD),
      };
    },
  }),
];

const sumOfStates = (model: Parameters<typeof runHead>[0]) =>
  runHead(model, ({ offsets }) =>
    [...offsets.values()].reduce((sum, { hidden_BTE }) => {
      for (const value of hidden_BTE.dataSync()) sum += value;
      return sum;
    }, 0),
  );

describe('a head on the float64 reference', () => {
  test.each(KEEPING.map((head) => [head.name, head] as const))('%s runs on it', async (name, definition) => {
    const head = await openHeadCase(definition, name, {}, {});
    const precision = withReference(head, sumOfStates, (measure) => measure?.precision);
    expect(precision).toBe('float64');
  });

  test.each<[string, (x_BTD: Tensor3D, weight_DD: Tensor2D) => Tensor3D]>([
    ['a state', (x_BTD) => tf.neg(x_BTD)],
    ['a weight', (x_BTD, weight_DD) => tf.reshape(tf.matMul(tf.reshape(x_BTD, [-1, 8]), weight_DD), x_BTD.shape)],
    ['a method of a state', (x_BTD) => x_BTD.neg()],
  ])('one that calls tfjs on %s does not, and is judged in float32', async (_, run) => {
    const calling = defineHead({
      name: 'calling',
      create({ param, dims }) {
        const weight_DD = param<Tensor2D>('weight', [dims.width, dims.width]);
        return { forward: (_offset, { trunk: [hidden_BTD] }) => run(hidden_BTD, weight_DD) };
      },
    });
    const head = await openHeadCase(calling, 'calling', {}, {});
    expect(withReference(head, sumOfStates, (measure) => measure)).toBeUndefined();
  });
});
