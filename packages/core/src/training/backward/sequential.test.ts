// B rows, T positions, D width, V vocabulary, F features.
import { type Engine, openEngine, type Tensor1D, type Tensor2D, type Tensor3D } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Batch } from '../../contracts/head.ts';
import type { TrainableModel } from '../../model/build-model.ts';
import { type Definition, defineHead } from '../../plugins/define.ts';
import { batchesOf, blocksHead, CONTEXT, tinyBatches, tinyModel, tinyTokens } from '../tiny-model.fixture.ts';
import type { Backward } from './backward.ts';
import { joint } from './joint.ts';
import { sequential } from './sequential.ts';

const OFFSETS = [1, 2, 3];
const ROWS = [0, 1, 2];

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

const matrix = ({ param, dims }: Parameters<Definition<'head'>['create']>[0], name: string, inputs = dims.width) =>
  param<Tensor2D>(name, [inputs, dims.width], { kind: 'normal', standardDeviation: 0.4 });

/** The tokens ahead through the trunk's embedding, and no carry. @source Ankner et al. 2024, arXiv:2402.05109 */
const hydra = defineHead({
  name: 'hydra',
  create(context) {
    const { ops, dims, embed } = context;
    const weights_FD = OFFSETS.map((offset) => matrix(context, `mlp.${offset}`, dims.width * offset));
    return {
      reads: { ahead: true },
      forward: (offset, { trunk: [hidden_BTD], ahead }) =>
        ops.linear(ops.concat([hidden_BTD, ...ahead.map(embed)], 2), weights_FD[offset - 1]),
    };
  },
});

/** Two taps that the tiny trunk gives as one tensor, and a third state through which no gradient flows. */
const tapped = defineHead({
  name: 'tapped',
  create(context) {
    const { ops } = context;
    const weights_DD = OFFSETS.map((offset) => matrix(context, `weights.${offset}`));
    return {
      reads: { taps: [1, 0.5, 0] },
      forward: (offset, { trunk: [hidden_BTD, middle_BTD, low_BTD] }) =>
        ops.linear(ops.add(hidden_BTD, ops.stopGradient(low_BTD)), weights_DD[offset - 1], { residual: middle_BTD }),
    };
  },
});

/** Offsets from 2 on leave the trunk alone. */
const probing = defineHead({
  name: 'probing',
  create(context) {
    const { ops } = context;
    const weights_DD = OFFSETS.map((offset) => matrix(context, `weights.${offset}`));
    return {
      forward: (offset, { trunk: [hidden_BTD] }) =>
        ops.linear(offset === 1 ? hidden_BTD : ops.stopGradient(hidden_BTD), weights_DD[offset - 1]),
    };
  },
});

/** One vocabulary for offset 1 and a smaller one, with weights of its own, for the others. */
const reduced = defineHead({
  name: 'reduced',
  ownReadout: true,
  create(context) {
    const { ops, param, dims, readout } = context;
    const tokens_V = Int32Array.of(0, 2, 3, 5, 7);
    const weight_EV = param<Tensor2D>('unembedding', [dims.width, tokens_V.length]);
    const weights_DD = OFFSETS.map((offset) => matrix(context, `weights.${offset}`));
    return {
      readout: (offset) => (offset === 1 ? readout : { weight_EV, tokens_V }),
      forward: (offset, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, weights_DD[offset - 1]),
    };
  },
});

/** One unembedding for all offsets, a norm for each. */
const normed = defineHead({
  name: 'normed',
  ownReadout: true,
  create(context) {
    const { ops, param, dims, readout } = context;
    const gains_D = OFFSETS.map((offset) =>
      param<Tensor1D>(`gain.${offset}`, [dims.width], { kind: 'constant', value: offset }),
    );
    const weights_DD = OFFSETS.map((offset) => matrix(context, `weights.${offset}`));
    return {
      readout: (offset) => ({ ...readout, gain_E: gains_D[offset - 1] }),
      forward: (offset, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, weights_DD[offset - 1]),
    };
  },
});

/** A learned node before each text, from which every position reads. */
const prefixed = defineHead({
  name: 'prefixed',
  create(context) {
    const { ops, param, dims } = context;
    const prefix_D = param<Tensor1D>('prefix', [dims.width]);
    const weights_DD = OFFSETS.map((offset) => matrix(context, `weights.${offset}`));
    return {
      forward: (offset, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, weights_DD[offset - 1]),
      arrange(batch) {
        const [B, T, D] = batch.x_BTD.shape;
        const prefix_B1D = ops.add(ops.zeros<Tensor3D>([B, 1, D]), prefix_D);
        return {
          x_BSD: ops.concat([prefix_B1D, batch.x_BTD], 1),
          at: behindPrefix(batch),
          columns_BT: Int32Array.from({ length: B * T }, (_, i) => 1 + (i % T)),
        };
      },
    };
  },
});

function behindPrefix({ tokens_BT, at, nodes }: Batch) {
  const [B, T] = tokens_BT.shape;
  const S = T + 1;
  const each = (prefix: number, node: (i: number) => number) =>
    Int32Array.from({ length: B * S }, (_, n) => (n % S === 0 ? prefix : node(Math.floor(n / S) * T + (n % S) - 1)));
  return nodes({
    T: S,
    position_BT: each(0, (i) => at.position_BT[i] + 1),
    // Whoever had no parent hangs below the prefix, which is node 0 of its row.
    parent_BT: each(at.parent_BT[0], (i) => (at.parent_BT[i] < 0 ? 0 : at.parent_BT[i] + 1)),
    length_B: new Int32Array(B).fill(S),
  });
}

const chained = defineHead({
  name: 'chained',
  create(context) {
    const { ops } = context;
    const weights_DD = OFFSETS.map((offset) => matrix(context, `weights.${offset}`));
    return {
      reads: { carry: 'nearer' },
      forward: (offset, { trunk: [hidden_BTD], carry_BTC }) =>
        ops.linear(carry_BTC ?? hidden_BTD, weights_DD[offset - 1]),
    };
  },
});

/** Losses and gradients of both batches of a step, on the host. */
function stepOf(model: TrainableModel, backward: Backward, offsets: readonly number[]) {
  const { batches, dispose } = tinyBatches(ROWS, [3]);
  const weight = (term: string) => 1 / Number(term.at(-1));
  const results = batches.map((batch) => {
    const { losses, gradients } = backward(model, { batch, offsets, weight, batches: 2 });
    const host = new Map([...gradients].map(([name, gradient]) => [name, Float32Array.from(gradient.dataSync())]));
    for (const gradient of gradients.values()) gradient.dispose();
    return { losses, gradients: host };
  });
  dispose();
  return results;
}

function expectAlike(model: TrainableModel, offsets: readonly number[] = OFFSETS): void {
  const tensors = engine.memory().numTensors;
  const [together, apart] = [stepOf(model, joint, offsets), stepOf(model, sequential, offsets)];
  for (const [i, { losses, gradients }] of together.entries()) {
    expect(apart[i].losses).toEqual(losses);
    expect([...apart[i].gradients.keys()].sort()).toEqual([...gradients.keys()].sort());
    for (const [name, gradient] of gradients) {
      const other = apart[i].gradients.get(name)!;
      const distance = Math.hypot(...gradient.map((value, at) => value - other[at]));
      expect(distance, name).toBeLessThanOrEqual(1e-5 * Math.hypot(...gradient));
    }
  }
  expect(engine.memory().numTensors).toBe(tensors);
}

describe.each(['shared', 'replicated'] as const)('gradients are those of one pass, %s readout', (readout) => {
  test.each([blocksHead, hydra, tapped, probing, reduced, normed, prefixed, chained])('head $name', (head) => {
    const model = tinyModel(engine, { head, readout });
    expectAlike(model);
    expectAlike(model, [1, 2]);
    model.dispose();
  });
});

/** A model whose trunk and head say when they run. */
function watched(model: TrainableModel, note: (what: string) => void): TrainableModel {
  const { trunk, head } = model;
  return {
    ...model,
    trunk: {
      embed: (tokens_BT) => trunk.embed(tokens_BT),
      forward(...input) {
        note('trunk');
        return trunk.forward(...input);
      },
    },
    head: {
      ...head,
      forward(offset, input) {
        note(`offset ${offset}`);
        return head.forward(offset, input);
      },
    },
  };
}

/** Runs one step of horizon 8 over 16 windows, so that activations outweigh weights. */
function wideStep(backward: Backward, note: (what: string) => void = () => {}): void {
  const horizon = 8;
  const plain = tinyModel(engine, { horizon });
  const model = watched(plain, note);
  const rows = Array.from({ length: 16 }, (_, i) => i);
  const { batches, dispose } = batchesOf([tinyTokens(rows, horizon)]);
  engine.resetPeak();
  const { gradients } = backward(model, { batch: batches[0], offsets: model.offsets, weight: () => 1, batches: 1 });
  note('end');
  for (const gradient of gradients.values()) gradient.dispose();
  dispose();
  plain.dispose();
}

describe('of eight offsets', () => {
  test('the trunk runs once, before them all', () => {
    const seen: string[] = [];
    wideStep(sequential, (what) => seen.push(what));
    expect(seen).toEqual(['trunk', ...[1, 2, 3, 4, 5, 6, 7, 8].map((offset) => `offset ${offset}`), 'end']);
  });

  test('each leaves nothing behind but the gradients of its own weights', () => {
    const bytes: number[] = [];
    wideStep(sequential, (what) => what.startsWith('offset') && bytes.push(engine.memory().bytes));
    const model = tinyModel(engine, { horizon: 8 });
    const ofBlock = [...model.parameters].filter(([name]) => name.startsWith('head/blocks.3.'));
    const blockBytes = ofBlock.reduce((sum, [, { size }]) => sum + 4 * size, 0);
    const readout = model.readout(1);
    const sharedBytes = 4 * (readout.weight_EV.size + readout.gain_E!.size + 16 * CONTEXT * model.dims.width);
    model.dispose();
    const grown = bytes.slice(1).map((after, i) => after - bytes[i]);
    // The first brings the sums that all share: of the readout, and at the trunk's output.
    expect(grown).toEqual([blockBytes + sharedBytes, ...new Array(6).fill(blockBytes)]);
  });

  test('the peak of memory is far below that of one pass', () => {
    const before = engine.memory().bytes;
    const peakOf = (backward: Backward) => {
      wideStep(backward);
      return engine.memory().peakBytes - before;
    };
    const [together, apart] = [peakOf(joint), peakOf(sequential)];
    expect(apart).toBeLessThan(0.6 * together);
  });
});

test.each([1, 2, 3])('a head that throws at offset %i leaks nothing', (bad) => {
  const head = defineHead({
    name: 'throws',
    create({ ops }) {
      return {
        forward(offset, { trunk: [hidden_BTD] }) {
          const doubled_BTD = ops.mul(hidden_BTD, 2);
          if (offset === bad) throw new Error('on purpose');
          return doubled_BTD;
        },
      };
    },
  });
  const model = tinyModel(engine, { head });
  const before = engine.memory();
  expect(() => stepOfOne(model)).toThrow('on purpose');
  expect(engine.memory()).toMatchObject({ numTensors: before.numTensors, bytes: before.bytes });
  model.dispose();
});

test('hidden states that do not fit the readout leak nothing', () => {
  const head = defineHead({
    name: 'narrow',
    create: ({ ops }) => ({
      forward: (offset, { trunk: [hidden_BTD] }) =>
        offset < 3 ? hidden_BTD : ops.slice(hidden_BTD, [0, 0, 0], [ROWS.length, CONTEXT, 4]),
    }),
  });
  const model = tinyModel(engine, { head });
  const before = engine.memory();
  expect(() => stepOfOne(model)).toThrow(/SHAPE_MISMATCH/);
  expect(engine.memory()).toMatchObject({ numTensors: before.numTensors, bytes: before.bytes });
  model.dispose();
});

test('a trunk that throws leaks nothing', () => {
  const plain = tinyModel(engine);
  const forward = () => {
    plain.trunk.embed(engine.ops.constant<Tensor2D>(Int32Array.of(1), [1, 1]));
    throw new Error('on purpose');
  };
  const before = engine.memory();
  expect(() => stepOfOne({ ...plain, trunk: { ...plain.trunk, forward } })).toThrow('on purpose');
  expect(engine.memory()).toMatchObject({ numTensors: before.numTensors, bytes: before.bytes });
  plain.dispose();
});

function stepOfOne(model: TrainableModel): void {
  const { batches, dispose } = tinyBatches(ROWS);
  try {
    sequential(model, { batch: batches[0], offsets: OFFSETS, weight: () => 1, batches: 1 });
  } finally {
    dispose();
  }
}
