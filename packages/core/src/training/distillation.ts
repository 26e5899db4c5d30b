// B rows, T positions, N = B*T rows, R rows of a block, E readout input width, V vocabulary of the student's readout,
// W of the teacher's.
import { type Ops, type Readout, type RowLoss, type Tensor1D, type Tensor2D, tf } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { DistilSettings } from '../config/experiment.ts';

/** What teaches the further offsets of a batch: offset 1 as it is in this step. Nothing flows back into it. */
export interface Teacher {
  readonly settings: DistilSettings;
  readonly hidden_NE: Tensor2D;
  readonly readout: Readout;
  /** Positions of a window, T. */
  readonly columns: number;
}

/** What an offset learns, on the host. */
export interface Lesson {
  readonly offset: number;
  /** Token ids; -1 ignores the row. */
  readonly target_N: Int32Array;
  /** Cross-entropy with the same targets, as rows of the student's readout. */
  readonly hard: RowLoss;
  readonly tokens_V?: Int32Array;
}

/**
 * Rows that mix cross-entropy with the distance to the teacher's distribution.
 *
 * Column t of offset i predicts x_{t+i}, which is what offset 1 predicts at column t+i-1. Where that column lies beyond
 * the window, the text alone teaches; a row without a valid target is ignored. In a reduced vocabulary the teacher is
 * renormalized over it, and a text token outside it teaches nothing, while the teacher still does. The teacher's logits
 * are made block by block, as the student's are.
 *
 * @throws CONFIG_CONFLICT if the student speaks tokens that the teacher does not
 * @source Kullback-Leibler: Hinton et al. 2015, arXiv:1503.02531; -log of the acceptance: LK losses, arXiv:2602.23881; the
 * shift by offset: self-distillation of further heads, arXiv:2603.23911
 */
export function distilledRows(ops: Ops, teacher: Teacher, lesson: Lesson): RowLoss {
  const { settings, columns, readout, hidden_NE } = teacher;
  const { offset, target_N, hard } = lesson;
  const words_V = wordsOf(readout, lesson);
  const ahead = offset - 1;
  const isTaught = (n: number) => target_N[n] >= 0 && (n % columns) + ahead < columns;
  return (logits_RV, firstRow) => {
    const [R] = logits_RV.shape;
    const rows = Array.from({ length: R }, (_, r) => firstRow + r);
    const text = hard(logits_RV, firstRow);
    if (!rows.some(isTaught)) return text;
    const teaching = rows.map((n) => (isTaught(n) ? n + ahead : n));
    // Freed on the way: a block of logits is as large as a block may be.
    const soft = tf.tidy(() => {
      const teacher_RV = tf.tidy(() => words_V(ops.readoutLogits(ops.gatherRows(hidden_NE, teaching), readout)));
      return DISTANCES[settings.loss](ops, teacher_RV, logits_RV);
    });
    const share_R = ops.constant<Tensor1D>(
      rows.map((n) => (isTaught(n) ? settings.share : 0)),
      [R],
    );
    return {
      loss_R: mixed(ops, text.loss_R, soft.loss_R, share_R),
      dLogits_RV: mixed(ops, text.dLogits_RV, soft.dLogits_RV, ops.reshape<Tensor2D>(share_R, [R, 1])),
    };
  };
}

/** (1 - share) * text + share * soft. */
function mixed<T extends Tensor1D | Tensor2D>(ops: Ops, text: T, soft: T, share: Tensor1D | Tensor2D): T {
  return ops.add(ops.mul(text, ops.sub(ops.ones(share.shape), share)), ops.mul(soft, share));
}

/** From the teacher's logits to those of the student's vocabulary, in its order. */
function wordsOf({ tokens_V: tokens_W }: Readout, { offset, tokens_V }: Lesson): (logits_RW: Tensor2D) => Tensor2D {
  if (tokens_V === tokens_W) return (logits_RW) => logits_RW;
  const columnOf = tokens_W && new Map(Array.from(tokens_W, (token, column) => [token, column]));
  const columns = tokens_V && Array.from(tokens_V, (token) => (columnOf ? columnOf.get(token) : token));
  if (columns === undefined || columns.includes(undefined)) {
    throw new ForetokenError(
      'CONFIG_CONFLICT',
      `training.distil: offset ${offset} speaks tokens that offset 1, its teacher, does not. Leave training.distil out, or ` +
        'give offset 1 the whole vocabulary.',
    );
  }
  const columns_V = Int32Array.from(columns as number[]);
  return (logits_RW) => tf.gather(logits_RW, tf.tensor1d(columns_V, 'int32'), 1) as Tensor2D;
}

type Distance = (ops: Ops, teacher_RV: Tensor2D, student_RV: Tensor2D) => ReturnType<RowLoss>;

/** Distances from the teacher's p to the student's q, and their gradients at the student's logits. */
const DISTANCES: Readonly<Record<DistilSettings['loss'], Distance>> = {
  /** sum p log(p / q); gradient q - p. */
  kl(ops, teacher_RV, student_RV) {
    const [logP_RV, logQ_RV] = [ops.logSoftmax(teacher_RV), ops.logSoftmax(student_RV)];
    const p_RV = ops.exp(logP_RV);
    return {
      loss_R: ops.sum<Tensor1D>(ops.mul(p_RV, ops.sub(logP_RV, logQ_RV)), 1),
      dLogits_RV: ops.sub(ops.exp(logQ_RV), p_RV),
    };
  },

  /** sum |p - q| / 2, through the softmax; a tie has gradient 0. */
  'total-variation'(ops, teacher_RV, student_RV) {
    const [p_RV, q_RV] = [ops.softmax(teacher_RV), ops.softmax(student_RV)];
    const sign_RV = ops.sub(indicator(tf.greater(q_RV, p_RV)), indicator(tf.less(q_RV, p_RV)));
    const flow_RV = ops.mul(ops.mul(q_RV, sign_RV), 0.5);
    return {
      loss_R: ops.mul(ops.sum<Tensor1D>(ops.abs(ops.sub(p_RV, q_RV)), 1), 0.5),
      dLogits_RV: ops.sub(flow_RV, ops.mul(q_RV, ops.sum<Tensor2D>(flow_RV, 1, true))),
    };
  },

  /** -log sum min(p, q), the acceptance of rejection sampling; in logarithms, so that disjoint ones stay finite. */
  lk(ops, teacher_RV, student_RV) {
    const [logP_RV, logQ_RV] = [ops.logSoftmax(teacher_RV), ops.logSoftmax(student_RV)];
    const logAcceptance_R1 = ops.logSumExp<Tensor2D>(ops.minimum(logP_RV, logQ_RV), 1, true);
    // Below 0 wherever it counts, since a minimum is at most the sum of all.
    const part_RV = tf.tidy(() => {
      const share_RV = ops.exp(ops.minimum(ops.sub(logQ_RV, logAcceptance_R1), 0));
      return ops.mul(share_RV, indicator(tf.less(logQ_RV, logP_RV)));
    });
    const whole_R1 = ops.sum<Tensor2D>(part_RV, 1, true);
    return {
      loss_R: ops.neg(ops.reshape<Tensor1D>(logAcceptance_R1, [teacher_RV.shape[0]])),
      dLogits_RV: ops.sub(ops.mul(ops.exp(logQ_RV), whole_R1), part_RV),
    };
  },
};

const indicator = (condition: tf.Tensor): Tensor2D => tf.cast(condition, 'float32') as Tensor2D;
