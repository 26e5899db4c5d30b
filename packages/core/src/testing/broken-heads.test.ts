// Twelve heads that are wrong on purpose, each in one way: the check that is meant for it catches it, and says why.
// B batch, T positions, D width, N = B*T.
import { createNodes, tf } from '@foretoken/engine';
import type { TObject } from 'typebox';
import { expect, test } from 'vitest';
import {
  createTransformerBlock,
  defineHead,
  type Nodes,
  type RowLoss,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  Type,
} from '../plugin.ts';
import { failures } from './failures.fixture.ts';
import { cachedIsUncached } from './head/cached.ts';
import { seesNoFuture } from './head/causality.ts';
import { bitsRepeat } from './head/determinism.ts';
import { gradientsAreRight } from './head/gradients.ts';
import { leavesInputsAlone } from './head/inputs.ts';
import { freesItsTensors } from './head/leaks.ts';
import { learnsItsTarget } from './head/learning.ts';
import { lossesAreRight } from './head/losses.ts';
import { optionsMatter } from './head/option-effects.ts';
import { placesStandAlone } from './head/places.ts';
import { shapesAgree } from './head/shapes.ts';
import { scoresItsTarget } from './head/targets.ts';
import { freesOnThrow } from './head/throws.ts';
import { finiteAtZero } from './head/zeros.ts';

const titles = (failed: readonly [string, string][]) => failed.map(([title]) => title);

test('1: a head that reads the next position leaks the future', async () => {
  const head = defineHead({
    name: 'leaks-the-future',
    create: ({ ops }) => ({
      forward(offset, { trunk: [hidden_BTD] }) {
        if (offset > 1) return hidden_BTD;
        const [B, T, D] = hidden_BTD.shape;
        const later_BTD = ops.slice(hidden_BTD, [0, 1, 0], [B, T - 1, D]);
        return ops.add(hidden_BTD, ops.concat([later_BTD, ops.zeros<Tensor3D>([B, 1, D])], 1));
      },
    }),
  });
  const failed = await failures(head);
  expect(failed).toContainEqual([
    seesNoFuture.title,
    'head "leaks-the-future": the hidden state of offset 1 at row 0, position 0 moved when the token at row 0, ' +
      'position 1 was exchanged; it must not see tokens from position 1 on. Let positions meet in `ops.attention` and ' +
      '`memory.scan` alone, with the nodes that were given.',
  ]);
});

test('2: a head whose guesses see one another leaks through memory', async () => {
  /** Nodes in a row whatever they hang from: right of text, wrong of a tree, whose branches then see each other. */
  const inOneLine = ({ T, position_BT, parent_BT, length_B }: Nodes) =>
    createNodes({ T, position_BT, length_B, parent_BT: parent_BT.map((p, i) => (p >= 0 ? (i % T) - 1 : p)) });
  const head = defineHead({
    name: 'leaks-through-memory',
    blocksPerOffset: 1,
    create({ ops, param, dims }) {
      const blocks = Array.from({ length: dims.horizon }, (_, i) =>
        createTransformerBlock({ ops, param }, `blocks.${i}`, dims),
      );
      return {
        memory: 'per-offset',
        forward(offset, { trunk: [hidden_BTD], at, memory }) {
          const line = inOneLine(at);
          try {
            return blocks[offset - 1](hidden_BTD, line, memory.kv(`${offset}`));
          } finally {
            line.dispose();
          }
        },
      };
    },
  });
  const failed = await failures(head);
  expect(titles(failed)).toEqual([cachedIsUncached.title]);
  expect(failed[0][1]).toMatch(/^head "leaks-through-memory": the hidden state of offset 1 at row \d, position \d is /);
});

test('3: a head that trains each offset for the token after its own has a wrong offset shift', async () => {
  const head = defineHead({
    name: 'wrong-shift',
    create({ ops, param, dims }) {
      const weights = Array.from({ length: dims.horizon }, (_, i) =>
        param<Tensor2D>(`weights.${i}`, [dims.width, dims.width]),
      );
      return {
        offsets: Array.from({ length: Math.max(1, dims.horizon - 1) }, (_, i) => i + 1),
        forward: (offset, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, weights[offset - 1]),
        objectives: (seen) =>
          Array.from({ length: Math.max(1, dims.horizon - 1) }, (_, i) => i + 1).map((offset) => {
            const { hidden_BTE } = seen.offset(offset);
            const [B, T, E] = hidden_BTE.shape;
            const shifted = Math.min(offset + 1, dims.maxOffset);
            return {
              name: `offset-${offset}`,
              hidden_NE: ops.reshape<Tensor2D>(hidden_BTE, [B * T, E]),
              readout: seen.readout(offset),
              rows: seen.rows(shifted),
              validRows: seen.validTargets(shifted),
            };
          }),
      };
    },
  });
  const failed = await failures(head);
  expect(titles(failed)).toEqual([scoresItsTarget.title, learnsItsTarget.title]);
  expect(failed[0][1]).toMatch(
    /^head "wrong-shift": loss "offset-1" is \S+, but the cross-entropy of what offset 1 predicts, against the tokens 1 ahead, is \S+\./,
  );
  expect(failed[1][1]).toMatch(
    /^head "wrong-shift": after 15 steps on one small text, offset 1 predicts its tokens 1 /,
  );
});

test('4: a head that divides by the length of a state gives NaN on an all-zero input', async () => {
  const head = defineHead({
    name: 'nan-at-zero',
    create: ({ ops }) => ({
      forward(_, { trunk: [hidden_BTD] }) {
        const length_BT1 = ops.sqrt(ops.sum<Tensor3D>(ops.square(hidden_BTD), 2, true));
        return ops.div(hidden_BTD, length_BT1);
      },
    }),
  });
  const failed = await failures(head);
  expect(failed).toEqual([
    [
      finiteAtZero.title,
      'head "nan-at-zero": offset 1 is not finite where the trunk’s states are all zero. Add a small constant under ' +
        'the division, root or logarithm, as `ops.rmsNorm` does.',
    ],
  ]);
});

test('5: a head that takes values to the host and back drops a gradient', async () => {
  const head = defineHead({
    name: 'drops-a-gradient',
    create({ ops, param, dims }) {
      const gate_DD = param<Tensor2D>('gate', [dims.width, dims.width]);
      return {
        forward(_, { trunk: [hidden_BTD] }) {
          const gate_BTD = ops.sigmoid(ops.linear(hidden_BTD, gate_DD));
          const values = Array.from(gate_BTD.dataSync());
          return ops.mul(hidden_BTD, ops.constant<Tensor3D>(values, gate_BTD.shape));
        },
      };
    },
  });
  const failed = await failures(head);
  expect(titles(failed)).toEqual([gradientsAreRight.title, lossesAreRight.title]);
  expect(failed[0][1]).toMatch(
    /^head "drops-a-gradient": the gradient of weight "head\/gate" says 0 along a direction in which the value changes by \S+ \(float64 differences\)/,
  );
});

test('6: an objective whose gradient is a thousandth too long has a wrong gradient', async () => {
  const head = defineHead({
    name: 'wrong-gradient',
    create: ({ ops }) => ({
      forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
      offsets: [1],
      objectives(seen) {
        const { hidden_BTE } = seen.offset(1);
        const [B, T, E] = hidden_BTE.shape;
        const right = seen.rows(1);
        const rows: RowLoss = (logits_RV, firstRow) => {
          const { loss_R, dLogits_RV } = right(logits_RV, firstRow);
          return { loss_R, dLogits_RV: ops.mul(dLogits_RV, 1.001) };
        };
        const hidden_NE = ops.reshape<Tensor2D>(hidden_BTE, [B * T, E]);
        return [{ name: 'offset-1', hidden_NE, readout: seen.readout(1), rows, validRows: seen.validTargets(1) }];
      },
    }),
  });
  const failed = await failures(head);
  expect(titles(failed)).toEqual([lossesAreRight.title]);
  expect(failed[0][1]).toMatch(/^head "wrong-gradient": loss: the gradient of .* \(float64 differences\)/);
});

test('7: a head that adds in place writes into its input', async () => {
  const head = defineHead({
    name: 'writes-into-its-input',
    create: () => ({
      forward(_, { trunk: [hidden_BTD] }) {
        // On the cpu engine this is the live buffer.
        hidden_BTD.dataSync()[0] += 1;
        return hidden_BTD;
      },
    }),
  });
  expect(await failures(head)).toContainEqual([
    leavesInputsAlone.title,
    'head "writes-into-its-input": forward of offset 1: the values of a tensor it was given changed. Make a new ' +
      'tensor with `ops` instead.',
  ]);
});

test('8: a head that keeps its last result keeps a tensor', async () => {
  const head = defineHead({
    name: 'keeps-a-tensor',
    create: ({ ops }) => ({ forward: (_, { trunk: [hidden_BTD] }) => tf.keep(ops.neg(hidden_BTD)) }),
  });
  const failed = await failures(head);
  expect(titles(failed)).toEqual([freesItsTensors.title, freesOnThrow.title]);
  expect(failed[0][1]).toBe(
    'head "keeps-a-tensor": 9 tensors were left after three forwards. Keep none: the framework frees the scope of ' +
      'every hook.',
  );
});

test('9: a head with dropout of its own draws global randomness', async () => {
  const head = defineHead({
    name: 'draws-global-randomness',
    create: () => ({ forward: (_, { trunk: [hidden_BTD] }) => tf.dropout(hidden_BTD as Tensor, 0.5) as Tensor3D }),
  });
  const failed = await failures(head);
  expect(failed).toContainEqual([
    bitsRepeat.title,
    'head "draws-global-randomness": a second step of one model gave other hidden states. Draw from `batch.random` ' +
      'and let `param` make what is random at the start; keep nothing from one call to the next.',
  ]);
});

test('10: a head whose option is read nowhere ignores an option', async () => {
  const head = defineHead({
    name: 'ignores-an-option',
    options: Type.Object({
      rank: Type.Integer({ minimum: 1, maximum: 8, default: 2 }),
      bias: Type.Boolean({ default: false }),
    }),
    create({ ops, param, dims }, { rank }) {
      const down_DR = param<Tensor2D>('down', [dims.width, rank]);
      const up_RD = param<Tensor2D>('up', [rank, dims.width]);
      return { forward: (_, { trunk: [hidden_BTD] }) => ops.linear(ops.linear(hidden_BTD, down_DR), up_RD) };
    },
  });
  expect(await failures(head)).toEqual([
    [
      optionsMatter.title,
      'head "ignores-an-option": option "bias" changes neither declarations nor weights, hidden states, losses or ' +
        'gradients: tried true. Use it in `create`, drop it, or say where it acts: describeHeadContract(..., { ' +
        "actElsewhere: ['bias'] }).",
    ],
  ]);
  expect(await failures(head, {}, { actElsewhere: ['bias'] })).toEqual([]);
});

test('an option without a default that is read nowhere is ignored too', async () => {
  const ignoring = (options: TObject) =>
    defineHead({
      name: 'ignores-an-option',
      options,
      create: ({ ops, param, dims }) => {
        const square_DD = param<Tensor2D>('square', [dims.width, dims.width]);
        return { forward: (_, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, square_DD) };
      },
    });
  const told = async (options: TObject, given = {}) => {
    const failed = await failures(ignoring(options), given);
    expect(titles(failed)).toEqual([optionsMatter.title]);
    return failed[0][1];
  };
  const rank = Type.Object({ rank: Type.Optional(Type.Integer({ minimum: 2, maximum: 3 })) });
  expect(await told(rank)).toContain('option "rank" changes neither declarations nor weights');
  expect(await told(rank)).toContain('tried 2, 3.');
  const draft = { draft: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1, uniqueItems: true })) };
  expect(await told(Type.Object(draft))).toContain('tried [0], [1], [0,1], [1,2].');
  expect(await told(Type.Object(draft), { draft: [7] })).toContain('tried [0], [1], [0,1], [1,2].');
  const text = Type.Object({ path: Type.Optional(Type.String()) });
  expect(await told(text)).toBe(
    'head "ignores-an-option": whether option "path" does anything cannot be told: its schema shows no second value. ' +
      "Check the head with a value of it, or say where it acts: describeHeadContract(..., { actElsewhere: ['path'] }).",
  );
  expect(await told(text, { path: 'here' })).toContain('tried leaving it out.');
});

test('11: a head that cuts its states has a wrong shape', async () => {
  const head = defineHead({
    name: 'wrong-shape',
    create: ({ ops }) => ({
      forward: (_, { trunk: [hidden_BTD] }) =>
        ops.slice(hidden_BTD, [0, 0, 0], [hidden_BTD.shape[0], hidden_BTD.shape[1], 4]),
    }),
  });
  expect(await failures(head)).toContainEqual([
    shapesAgree.title,
    'head "wrong-shape": offset 1: hidden_BTE must have shape [2,6,8], was [2,6,4]. Bring it to that width, or give a ' +
      'readout of its own.',
  ]);
});

test('12: a head that flattens positions before rows has the right shape and the wrong rows', async () => {
  const head = defineHead({
    name: 'wrong-rows',
    create: ({ ops }) => ({
      forward(_, { trunk: [hidden_BTD] }) {
        return ops.reshape<Tensor3D>(ops.transpose(hidden_BTD, [1, 0, 2]), hidden_BTD.shape);
      },
    }),
  });
  const failed = await failures(head);
  expect(failed).toContainEqual([
    placesStandAlone.title,
    expect.stringMatching(
      /^head "wrong-rows": the hidden state of offset 1 at row 0, position 1 is another one when row 0 alone is run\./,
    ),
  ]);
});
