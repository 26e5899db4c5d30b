// A recurrent trunk, written against the contract: `scan` makes documents and trees right by construction.
// B rows, T nodes a row, D width, V vocabulary.
import { openEngine } from '@foretoken/engine';
import { expect, expectTypeOf, test } from 'vitest';
import { buildModel, type TrainableModel } from '../model/build-model.ts';
import {
  type Definition,
  defineHead,
  defineTrunk,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  Type,
} from '../plugin.ts';
import { compareHiddenGradients } from '../testing/head/gradients.ts';
import { runHead, toHost } from '../testing/head/run-head.ts';
import { SMALL_TEXT, smallText } from '../testing/head/small-text.ts';
import type { Trunk } from './trunk.ts';

/** s_t = tanh(s_{t-1} U + x_t W). @source Elman 1990, Finding structure in time */
const elman = defineTrunk({
  name: 'elman',
  options: Type.Object({ width: Type.Integer({ minimum: 1, default: 8 }) }),
  shape: ({ width }) => ({
    width,
    layers: 1,
    block: { attentionHeads: 1, keyValueHeads: 1, mlpWidth: width, rotaryBase: 10_000 },
  }),
  create({ ops, param, dims: { width, vocabulary } }) {
    const start_D = param<Tensor1D>('start', [width], { kind: 'normal', standardDeviation: 0.5 });
    const table_VD = param<Tensor2D>('embedding', [vocabulary, width], { kind: 'normal', standardDeviation: 1 });
    const recur_DD = param<Tensor2D>('recur', [width, width], { kind: 'normal', standardDeviation: 0.5 });
    return {
      embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
      forward(x_BTD, _at, memory) {
        const [B, , D] = x_BTD.shape;
        const states_BTD = memory.scan('state', start_D, (state_BD, node) => {
          const input_BD = ops.reshape<Tensor2D>(ops.slice(x_BTD, [0, node, 0], [B, 1, D]), [B, D]);
          return ops.tanh(ops.linear(state_BD as Tensor2D, recur_DD, { residual: input_BD }));
        });
        return [states_BTD as Tensor3D];
      },
    };
  },
});

const same = defineHead({ name: 'same', create: () => ({ forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD }) });

async function elmanModel(): Promise<TrainableModel> {
  return buildModel({
    engine: await openEngine({ name: 'cpu' }),
    trunk: elman,
    head: same,
    vocabulary: SMALL_TEXT.vocabulary,
    experiment: {
      seed: 7,
      data: { context: SMALL_TEXT.T, dataset: { name: 'none' }, tokenizer: { name: 'none' } },
      model: {
        trunk: { name: 'elman', width: 3 },
        head: { name: 'same', horizon: 1 },
        readout: 'shared',
        match: 'none',
        maxOffset: 1,
      },
    },
  });
}

/** The recurrence in plain float64 loops, starting anew with every document. */
function loops(model: TrainableModel): number[] {
  const weight = (name: string) => [...model.parameters.get(`trunk/${name}`)!.dataSync()];
  const [start, table, recur] = [weight('start'), weight('embedding'), weight('recur')];
  const { tokens_BT, position_BT } = smallText(1);
  let state = start;
  return Array.from(tokens_BT, (token, at) => {
    const before = position_BT[at] === 0 ? start : state;
    state = start.map((_, d) => {
      const sum = before.reduce((total, s, k) => total + s * recur[k * start.length + d], 0);
      return Math.tanh(sum + table[token * start.length + d]);
    });
    return state;
  }).flat();
}

test('a recurrent trunk follows its recurrence and starts every document anew', async () => {
  const model = await elmanModel();
  const { values } = runHead(model, ({ trunk }) => toHost(trunk[0]));
  for (const [i, expected] of loops(model).entries()) expect(values[i]).toBeCloseTo(expected, 5);
  model.dispose();
});

test('gradients flow through the recurrence and into its start', async () => {
  const model = await elmanModel();
  expect(compareHiddenGradients(model)).toBeUndefined();
  model.dispose();
});

test('a recurrent trunk frees every tensor of its steps', async () => {
  const model = await elmanModel();
  const before = model.engine.memory().numTensors;
  runHead(model, () => undefined);
  expect(model.engine.memory().numTensors).toBe(before);
  model.dispose();
});

test('definitions carry their kind and refuse what the contract does not allow', () => {
  expectTypeOf(elman).toEqualTypeOf<Definition<'trunk'>>();
  expectTypeOf<Trunk['forward']>().returns.toEqualTypeOf<Tensor3D[]>();
  const shape = () => ({
    width: 2,
    layers: 1,
    block: { attentionHeads: 1, keyValueHeads: 1, mlpWidth: 2, rotaryBase: 1 },
  });
  // @ts-expect-error a trunk gives one state per tap
  defineTrunk({ name: 'bare', shape, create: () => ({ embed: () => ({}) as Tensor3D, forward: (x) => x }) });
  // @ts-expect-error a trunk embeds tokens
  defineTrunk({ name: 'blind', shape, create: () => ({ forward: (x) => [x] }) });
  // @ts-expect-error a shape says how many layers there are
  defineTrunk({ name: 'flat', shape: () => ({ width: 2 }), create: () => ({}) as Trunk });
});
