// Heads that are wrong outside of `forward`'s result: at other sizes, after a throw, in their objectives, in a checkpoint.
// B batch, T positions, D width, E readout input width, N = B*T, R rows of a block, V vocabulary.
import { tf } from '@foretoken/engine';
import { expect, test } from 'vitest';
import {
  crossEntropy,
  defineHead,
  ForetokenError,
  type Head,
  type HeadContext,
  type Tensor2D,
  type Tensor3D,
  Type,
} from '../plugin.ts';
import { failures } from './failures.fixture.ts';
import { bitsRepeat } from './head/determinism.ts';
import { leavesInputsAlone } from './head/inputs.ts';
import { learnsItsTarget } from './head/learning.ts';
import { refusesByCode } from './head/options.ts';
import { savesWhole } from './head/saved.ts';
import { scoresItsTarget } from './head/targets.ts';
import { freesOnThrow } from './head/throws.ts';
import { finiteAtZero } from './head/zeros.ts';

const titles = (failed: readonly [string, string][]) => failed.map(([title]) => title);

/** Cross-entropy of every offset, with something else in the place of a part of it. */
const objectivesOf =
  ({ ops }: HeadContext, change: (offset: number) => object = () => ({})) =>
  (seen: Parameters<NonNullable<Head['objectives']>>[0]) =>
    Array.from({ length: seen.horizon }, (_, i) => i + 1).map((offset) => ({
      ...crossEntropy(ops, seen, offset),
      ...change(offset),
    }));

const matrices = ({ param, dims }: HeadContext) =>
  Array.from({ length: dims.horizon }, (_, i) => param<Tensor2D>(`weights.${i + 1}`, [dims.width, dims.width]));

test('a head that falls over at a horizon of 1 is caught by the horizon', async () => {
  const second = defineHead({
    name: 'second',
    create(context) {
      const weights = matrices(context);
      const shape = weights[1].shape;
      return {
        forward: (offset, { trunk: [hidden_BTD] }) => context.ops.linear(hidden_BTD, weights[offset - 1]),
        shape,
      };
    },
  });
  const failed = await failures(second);
  expect(titles(failed)).toEqual([refusesByCode.title]);
  expect(failed[0][1]).toMatch(/^head "second": with horizon 1 it throws ".*Cannot read properties of undefined/);
});

test('a head that falls over an option which its schema takes is caught by the option, one that refuses it is not', async () => {
  const halves = (refuse: () => never) =>
    defineHead({
      name: 'halves',
      options: Type.Object({ parts: Type.Integer({ minimum: 1, default: 2 }) }),
      create(context, { parts }) {
        if (context.dims.width % parts !== 0) refuse();
        const weights = Array.from({ length: parts }, (_, i) =>
          context.param<Tensor2D>(`part.${i}`, [context.dims.width, context.dims.width]),
        );
        const { ops } = context;
        return {
          forward: (_, { trunk: [hidden_BTD] }) =>
            weights.reduce((x_BTD, weight_DD) => ops.linear(x_BTD, weight_DD), hidden_BTD),
        };
      },
    });
  const falling = halves(() => {
    throw new Error('no such width');
  });
  expect((await failures(falling))[0]).toEqual([
    refusesByCode.title,
    expect.stringMatching(
      /^head "halves": with option "parts" 3 it throws ".*no such width.*Narrow its schema, or throw/,
    ),
  ]);
  const refusing = halves(() => {
    throw new ForetokenError('OPTIONS_INVALID', 'head "halves": parts must divide the width.');
  });
  expect(await failures(refusing)).toEqual([]);
});

test('an option that acts beside another one alone has an effect', async () => {
  const scaled = defineHead({
    name: 'scaled',
    options: Type.Object({
      gate: Type.Union([Type.Literal('none'), Type.Literal('constant')], { default: 'none' }),
      scale: Type.Number({ minimum: 0, default: 0.5 }),
    }),
    create: ({ ops }, { gate, scale }) => ({
      forward: (_, { trunk: [hidden_BTD] }) => (gate === 'none' ? hidden_BTD : ops.mul(hidden_BTD, scale)),
    }),
  });
  expect(await failures(scaled)).toEqual([]);
});

test('an option of offsets beyond the horizon of the suite has an effect', async () => {
  const far = defineHead({
    name: 'far',
    options: Type.Object({ gain: Type.Number({ minimum: 0, default: 1 }) }),
    create: ({ ops }, { gain }) => ({
      forward: (offset, { trunk: [hidden_BTD] }) => (offset > 4 ? ops.mul(hidden_BTD, gain) : hidden_BTD),
    }),
  });
  expect(await failures(far)).toEqual([]);
});

test('a head that keeps a number of its first weights is caught by a checkpoint', async () => {
  const anchored = defineHead({
    name: 'anchored',
    create(context) {
      const { ops } = context;
      const weights = matrices(context);
      const anchor = 1 + weights[0].dataSync()[0];
      return {
        forward: (offset, { trunk: [hidden_BTD] }) => ops.mul(ops.linear(hidden_BTD, weights[offset - 1]), anchor),
      };
    },
  });
  const failed = await failures(anchored);
  expect(titles(failed)).toContain(savesWhole.title);
  expect(failed.find(([title]) => title === savesWhole.title)![1]).toMatch(
    /^head "anchored": offset 1 gives other bits after the weights were saved and read\. Keep every number/,
  );
});

test('a head that clears up after success alone is caught when it throws', async () => {
  const tidy = defineHead({
    name: 'tidy',
    create: ({ ops }) => ({
      forward(_, { trunk: [hidden_BTD] }) {
        const scratch_BTD = tf.keep(ops.tanh(hidden_BTD));
        const output_BTD = ops.add(ops.neg(scratch_BTD), hidden_BTD);
        scratch_BTD.dispose();
        return output_BTD;
      },
    }),
  });
  const failed = await failures(tidy);
  expect(titles(failed)).toContain(freesOnThrow.title);
  expect(failed.find(([title]) => title === freesOnThrow.title)![1]).toMatch(
    /^head "tidy": \d+ tensors were left after an operation in `forward` threw\./,
  );
});

test('an objective that counts positions before rows is caught by its loss', async () => {
  const twisted = defineHead({
    name: 'twisted-rows',
    create(context) {
      const { ops } = context;
      return {
        forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
        objectives: (seen) =>
          objectivesOf(context, (offset) => {
            const { hidden_BTE } = seen.offset(offset);
            const [B, T, E] = hidden_BTE.shape;
            return { hidden_NE: ops.reshape<Tensor2D>(ops.transpose(hidden_BTE, [1, 0, 2]), [B * T, E]) };
          })(seen),
      };
    },
  });
  const failed = await failures(twisted);
  expect(titles(failed)).toContain(scoresItsTarget.title);
  expect(failed[0][1]).toMatch(/^head "twisted-rows": loss "offset-1" is \S+, but the cross-entropy/);
});

test('an objective of another name that trains for the token after is caught by what it learns', async () => {
  const late = defineHead({
    name: 'late',
    create(context) {
      const weights = matrices(context);
      const last = context.dims.maxOffset;
      return {
        forward: (offset, { trunk: [hidden_BTD] }) => context.ops.linear(hidden_BTD, weights[offset - 1]),
        objectives: (seen) =>
          objectivesOf(context, (offset) => ({
            name: `ahead-${offset}`,
            rows: seen.rows(Math.min(offset + 1, last)),
            validRows: seen.validTargets(Math.min(offset + 1, last)),
          }))(seen),
      };
    },
  });
  const failed = await failures(late);
  expect(titles(failed)).toEqual([learnsItsTarget.title]);
  expect(failed[0][1]).toMatch(
    /^head "late": after 15 steps on one small text, offset 1 predicts its tokens 1 ahead no/,
  );
});

test('a loss with dice in it is caught by its losses', async () => {
  const dice = defineHead({
    name: 'dice',
    create(context) {
      const { ops } = context;
      const objectives = objectivesOf(context);
      return {
        forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
        objectives: (seen) => [
          ...objectives(seen),
          { name: 'noise', value: ops.mul(ops.mean(seen.trunk(1)), Math.random()) as never },
        ],
      };
    },
  });
  const failed = await failures(dice);
  expect(failed).toContainEqual([
    bitsRepeat.title,
    expect.stringMatching(/^head "dice": a second step of one model gave other losses\./),
  ]);
});

test('an objective that writes into the logits is caught by its name', async () => {
  const scribbling = defineHead({
    name: 'scribbling',
    create(context) {
      return {
        forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
        objectives: (seen) =>
          objectivesOf(context, (offset) => ({
            rows: (logits_RV: Tensor2D, firstRow: number) => {
              const result = seen.rows(offset)(logits_RV, firstRow);
              logits_RV.dataSync()[0] = 0;
              return result;
            },
          }))(seen),
      };
    },
  });
  expect(await failures(scribbling)).toContainEqual([
    leavesInputsAlone.title,
    'head "scribbling": rows of "offset-1": the values of a tensor it was given changed. Make a new tensor with `ops` ' +
      'instead.',
  ]);
});

test('a gradient that is infinite at zero is caught by its weight, though the state is finite', async () => {
  const length = defineHead({
    name: 'length',
    create(context) {
      const { ops } = context;
      const weights = matrices(context);
      return {
        forward(offset, { trunk: [hidden_BTD] }) {
          const x_BTD = ops.linear(hidden_BTD, weights[offset - 1]);
          return ops.add(x_BTD, ops.sqrt(ops.sum<Tensor3D>(ops.square(x_BTD), 2, true)));
        },
      };
    },
  });
  const failed = await failures(length);
  expect(failed[0][0]).toBe(finiteAtZero.title);
  expect(failed[0][1]).toMatch(
    /^head "length": the gradient of weight "\S+" is not finite where the trunk’s states are all zero\./,
  );
});
