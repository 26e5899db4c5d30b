// Heads whose memory is right or wrong in ways that text alone cannot show.
// B batch, T nodes a row, D width.
import { expect, test } from 'vitest';
import { defineHead, type Tensor1D, type Tensor2D, type Tensor3D } from '../plugin.ts';
import { describeHeadContract } from './describe-head-contract.ts';
import { failures } from './failures.fixture.ts';
import { cachedIsUncached } from './head/cached.ts';

/** A recurrence over the trunk's states, one per offset. */
const recurrent = defineHead({
  name: 'recurrent',
  create({ ops, param, dims: { width, horizon } }) {
    const start_D = param<Tensor1D>('start', [width], { kind: 'normal', standardDeviation: 0.5 });
    const recur = Array.from({ length: horizon }, (_, i) => param<Tensor2D>(`recur.${i + 1}`, [width, width]));
    return {
      memory: 'per-offset',
      forward(offset, { trunk: [hidden_BTD], memory }) {
        const [B, , D] = hidden_BTD.shape;
        const states_BTD = memory.scan(`state.${offset}`, start_D, (state_BD, node) => {
          const input_BD = ops.reshape<Tensor2D>(ops.slice(hidden_BTD, [0, node, 0], [B, 1, D]), [B, D]);
          return ops.tanh(ops.linear(state_BD as Tensor2D, recur[offset - 1], { residual: input_BD }));
        });
        return states_BTD as Tensor3D;
      },
    };
  },
});

describeHeadContract(recurrent, 'recurrent');

/** Sum over the columns of a document so far: right of text in one piece. */
const hiddenSum = defineHead({
  name: 'hidden-sum',
  create: ({ ops }) => ({
    forward(_, { trunk: [hidden_BTD], at }) {
      const [B, T] = hidden_BTD.shape;
      const sees = (row: number, node: number, key: number) => {
        for (let one = node; one >= 0; one = at.parent_BT[row * T + one]) if (one === key) return 1;
        return 0;
      };
      const mask = Array.from({ length: B * T * T }, (_, i) =>
        sees(Math.floor(i / (T * T)), Math.floor(i / T) % T, i % T),
      );
      return ops.matmul(ops.constant<Tensor3D>(mask, [B, T, T]), hidden_BTD);
    },
  }),
});

test('a head that sees earlier positions without a memory is caught: in decoding they are not there', async () => {
  const failed = await failures(hiddenSum);
  expect(failed).toEqual([
    [
      cachedIsUncached.title,
      expect.stringMatching(/^head "hidden-sum": the hidden state of offset 1 .* See the past through `memory\.kv`/),
    ],
  ]);
});

test('a head that remembers by itself is caught: what is rolled back stays with it', async () => {
  const keeper = defineHead({
    name: 'keeper',
    create({ ops }) {
      let seen = 0;
      return {
        forward(_, { trunk: [hidden_BTD], at }) {
          // Starts anew with every text, so that a text in one piece always gives the same.
          if (at.parent_BT[0] === -2) seen = 0;
          seen += 1e-3 * at.length_B[0];
          return ops.add(hidden_BTD, seen);
        },
      };
    },
  });
  expect((await failures(keeper)).map(([title]) => title)).toContain(cachedIsUncached.title);
});
