// Published training objectives, written against the contract and run through the head suite.
// B batch, T positions, S arranged nodes, D width, E readout input width, R rows of a block, V vocabulary, N = B*T.
import { expectTypeOf, test } from 'vitest';
import {
  crossEntropy,
  defineHead,
  ForetokenError,
  type Ops,
  ROOT,
  type RowLoss,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
  Type,
} from '../plugin.ts';
import { describeHeadContract } from '../testing/index.ts';
import type { Batch, Objective } from './head.ts';

/** Documents of a batch by node: they change where a node has no parent. */
const documentsOf = ({ at }: Batch) => {
  let document = 0;
  return at.parent_BT.map((parent) => (parent === ROOT ? ++document : document));
};

/**
 * Rank the next tokens by how soon they come, with an unembedding of its own; offset 1 alone decodes.
 * @source Zuhri et al. 2025, arXiv:2508.19228: ListNet over a window of upcoming tokens
 */
const tokenOrder = defineHead({
  name: 'token-order',
  options: Type.Object({ window: Type.Integer({ minimum: 1, default: 4 }) }),
  create({ ops, param, dims }, { window }) {
    const weight_EV = param<Tensor2D>('unembedding', [dims.width, dims.vocabulary]);
    return {
      offsets: [1],
      forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
      objectives(seen): Objective[] {
        const order = proximities(seen.batch, window, dims.vocabulary);
        const { hidden_NE } = crossEntropy(ops, seen, 1);
        return [
          crossEntropy(ops, seen, 1),
          { name: 'order', hidden_NE, readout: { weight_EV }, rows: listNet(ops, order), validRows: order.length },
        ];
      },
    };
  },
});

/** Per position, how near the next occurrence of each token is: `window` for the next one, down to 0. */
function proximities(batch: Batch, window: number, vocabulary: number): number[][] {
  const [B, T] = batch.tokens_BT.shape;
  const tokens = batch.tokens_BT.dataSync();
  const document = documentsOf(batch);
  return Array.from({ length: B * T }, (_, at) => {
    const scores = new Array<number>(vocabulary).fill(0);
    const end = Math.min(at + window, Math.floor(at / T) * T + T - 1);
    for (let ahead = end; ahead > at; ahead--) {
      if (document[ahead] === document[at]) scores[tokens[ahead]] = window - (ahead - at) + 1;
    }
    return scores;
  });
}

/** -sum softmax(score) log softmax(logits). */
const listNet =
  (ops: Ops, scores: readonly (readonly number[])[]): RowLoss =>
  (logits_RV, firstRow) => {
    const [R, V] = logits_RV.shape;
    const score_RV = ops.constant<Tensor2D>(scores.slice(firstRow, firstRow + R).flat(), [R, V]);
    return divergence(ops, ops.softmax(score_RV), logits_RV);
  };

/** Cross-entropy against a whole distribution; its gradient is softmax(logits) - target. */
function divergence(ops: Ops, target_RV: Tensor2D, logits_RV: Tensor2D) {
  const loss_R = ops.neg(ops.sum<Tensor1D>(ops.mul(target_RV, ops.logSoftmax(logits_RV)), 1));
  return { loss_R, dLogits_RV: ops.sub(ops.softmax(logits_RV), target_RV) };
}

/**
 * Offset 2 learns what offset 1 will say one token later, over a reduced vocabulary.
 * @source Cai et al. 2025, arXiv:2509.18362 (self-distillation, reduced vocabulary); hard targets replaced by soft ones
 */
const distilled = defineHead({
  name: 'distilled',
  ownReadout: true,
  create({ ops, param, dims, readout }) {
    const tokens_V = Int32Array.from({ length: Math.ceil(dims.vocabulary / 2) }, (_, v) => 2 * v);
    const draft = { weight_EV: param<Tensor2D>('unembedding', [dims.width, tokens_V.length]), tokens_V };
    const step_DD = param<Tensor2D>('step', [dims.width, dims.width]);
    return {
      offsets: [1, 2],
      readout: (offset) => (offset === 1 ? readout : draft),
      forward: (offset, { trunk: [hidden_BTD] }) =>
        offset === 1 ? hidden_BTD : ops.linear(hidden_BTD, step_DD, { residual: hidden_BTD }),
      objectives(seen): Objective[] {
        if (seen.horizon === 1) return [crossEntropy(ops, seen, 1)];
        const teacher_NE = crossEntropy(ops, seen, 1).hidden_NE;
        const [, T] = seen.batch.tokens_BT.shape;
        // The last position of a window has no successor here.
        const next = Array.from({ length: teacher_NE.shape[0] }, (_, n) => (n % T === T - 1 ? -1 : n + 1));
        const { hidden_NE } = crossEntropy(ops, seen, 2);
        const rows: RowLoss = (logits_RV, firstRow) => {
          const block = next.slice(firstRow, firstRow + logits_RV.shape[0]);
          const taught_RE = ops.gatherRows(
            teacher_NE,
            block.map((n) => Math.max(n, 0)),
          );
          const all_RV = ops.readoutLogits(taught_RE, readout);
          const reduced_RV = ops.transpose(ops.gatherRows(ops.transpose(all_RV), tokens_V));
          const counts_R = ops.constant<Tensor1D>(
            block.map((n) => Number(n >= 0)),
            [block.length],
          );
          const { loss_R, dLogits_RV } = divergence(ops, ops.softmax(reduced_RV), logits_RV);
          return {
            loss_R: ops.mul(loss_R, counts_R),
            dLogits_RV: ops.mul(dLogits_RV, ops.reshape(counts_R, [block.length, 1])),
          };
        };
        const validRows = next.filter((n) => n >= 0).length;
        return [
          crossEntropy(ops, seen, 1),
          { name: 'distilled', hidden_NE, readout: draft, rows, uses: [teacher_NE], validRows },
        ];
      },
    };
  },
});

/**
 * Offset 2's features should be the trunk's own, one token later: a regression beside the cross-entropies.
 * @source Li et al. 2024 (EAGLE), arXiv:2401.15077, sec. 4.2: smooth L1
 */
const featured = defineHead({
  name: 'featured',
  create({ ops, param, dims, embed }) {
    const merge_FD = param<Tensor2D>('merge', [2 * dims.width, dims.width]);
    return {
      offsets: [1, 2],
      reads: { ahead: true },
      forward: (offset, { trunk: [hidden_BTD], ahead }) =>
        offset === 1 ? hidden_BTD : ops.linear(ops.concat([hidden_BTD, embed(ahead[0])], 2), merge_FD),
      objectives(seen): Objective[] {
        if (seen.horizon === 1) return [crossEntropy(ops, seen, 1)];
        const document = documentsOf(seen.batch);
        const { hidden_NE } = crossEntropy(ops, seen, 2);
        const trunk_NE = ops.stopGradient(crossEntropy(ops, seen, 1).hidden_NE);
        const [, T] = seen.batch.tokens_BT.shape;
        const rows = Array.from(document.keys()).filter((n) => n % T < T - 1 && document[n] === document[n + 1]);
        const wanted_RE = ops.gatherRows(
          trunk_NE,
          rows.map((n) => n + 1),
        );
        const error_RE = ops.abs(ops.sub(ops.gatherRows(hidden_NE, rows), wanted_RE));
        const near_RE = ops.minimum(error_RE, 1);
        const smooth_RE = ops.add(ops.mul(ops.square(near_RE), 0.5), ops.sub(error_RE, near_RE));
        return [
          crossEntropy(ops, seen, 1),
          crossEntropy(ops, seen, 2),
          { name: 'features', value: ops.mean<Scalar>(smooth_RE) },
        ];
      },
    };
  },
});

/**
 * A learnable token beside each position, a leaf that no text sees, predicts some way ahead; gone when decoding.
 * @source Gerontopoulos et al. 2025 (MuToR), arXiv:2505.10518, sec. 3
 */
const register = defineHead({
  name: 'register',
  create({ ops, param, dims }) {
    if (dims.maxOffset < 2) {
      throw new ForetokenError(
        'CONFIG_CONFLICT',
        `head "register": model.maxOffset must be >= 2 for a register to predict some way ahead, was ${dims.maxOffset}.`,
      );
    }
    const register_D = param<Tensor1D>('register', [dims.width]);
    // One distance per batch, drawn when the batch is arranged.
    const distances = new WeakMap<Batch, number>();
    return {
      offsets: [1],
      forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
      arrange(batch) {
        const distance = 2 + batch.random.integer(dims.maxOffset - 1);
        distances.set(batch, distance);
        const [B, T, D] = batch.x_BTD.shape;
        const registers_BTD = ops.add(ops.zeros<typeof batch.x_BTD>([B, T, D]), register_D);
        const both = (value: (column: number, isRegister: boolean) => number) =>
          Int32Array.from({ length: B * 2 * T }, (_, i) => {
            const [row, node] = [Math.floor(i / (2 * T)), i % (2 * T)];
            return value(row * T + (node % T), node >= T);
          });
        const position_BT = both((at, isRegister) => batch.at.position_BT[at] + (isRegister ? distance - 1 : 0));
        const parent_BT = both((at, isRegister) => (isRegister ? at % T : batch.at.parent_BT[at]));
        return {
          x_BSD: ops.concat([batch.x_BTD, registers_BTD], 1),
          at: batch.nodes({ T: 2 * T, position_BT, parent_BT, length_B: new Int32Array(B).fill(2 * T) }),
          columns_BT: Int32Array.from({ length: B * T }, (_, at) => at % T),
        };
      },
      objectives(seen): Objective[] {
        const distance = distances.get(seen.batch)!;
        const [B, S, D] = seen.trunk(1).shape;
        const ahead_BTD = ops.slice(seen.trunk(1), [0, S / 2, 0], [B, S / 2, D]);
        return [
          crossEntropy(ops, seen, 1),
          {
            name: 'register',
            hidden_NE: ops.reshape<Tensor2D>(ahead_BTD, [(B * S) / 2, D]),
            readout: seen.readout(1),
            rows: seen.rows(distance),
            validRows: seen.validTargets(distance),
          },
        ];
      },
    };
  },
});

describeHeadContract(tokenOrder, 'token-order', { window: 3 });
describeHeadContract(distilled, 'distilled');
describeHeadContract(featured, 'featured');
describeHeadContract(register, 'register');

test('objectives refuse what the contract does not allow', () => {
  expectTypeOf(crossEntropy).returns.toExtend<Objective>();
  // @ts-expect-error a loss over rows says how many of them count
  const uncounted: Objective = { name: 'rows', hidden_NE: {} as Tensor2D, readout: {} as never, rows: {} as RowLoss };
  // @ts-expect-error a value is one number
  const wide: Objective = { name: 'wide', value: {} as Tensor2D };
  // @ts-expect-error a loss of rows gives its gradient too
  const blind: RowLoss = (logits_RV) => ({ loss_R: logits_RV as never });
  void [uncounted, wide, blind];
});
