// N rows of a part, R rows of a block, E readout input width, V vocabulary of the readout.
import { ForetokenError, shapeMismatch } from '../errors.ts';
import { copyBlock } from '../loops/blocks.ts';
import { crossEntropy } from '../loops/cross-entropy.ts';
import type { LinearLossResult, LossPart, Readout, RowLoss } from '../readout.ts';
import { type Tensor, type Tensor1D, type Tensor2D, tf } from '../tensor.ts';
import { hostCompute, hostComputeOne } from '../tfjs/host.ts';
import { kernel, tfjsEngine } from '../tfjs/internals.ts';
import { product } from './matmul.ts';
import { softmaxOf } from './reduce.ts';
import { normalized, normGradients } from './rms-norm.ts';
import { transposed } from './shape.ts';
import { sumLeading } from './sum-to.ts';

/** Logits of one block, so that however large the vocabulary, a block's tensors stay small. */
const BLOCK_FLOATS = 1 << 20;

/** Norm and unembedding of a block of rows, off the tape. */
export function readoutLogits(hidden_NE: Tensor2D, readout: Readout): Tensor2D {
  checkReadout(hidden_NE, readout);
  return tf.tidy(() => logitsOf(readout.gain_E ? normalized(hidden_NE, readout.gain_E) : hidden_NE, readout));
}

function logitsOf(input_RE: Tensor2D, { weight_EV, bias_V }: Readout): Tensor2D {
  const logits = product<Tensor2D>(input_RE, weight_EV);
  return bias_V === undefined ? logits : kernel('Add', { a: logits, b: bias_V });
}

function checkReadout(hidden_NE: Tensor2D, { gain_E, weight_EV, bias_V }: Readout): void {
  const [E, V] = weight_EV.shape;
  const fits = hidden_NE.shape.length === 2 && hidden_NE.shape[1] === E;
  if (fits && (gain_E?.shape[0] ?? E) === E && (bias_V?.shape[0] ?? V) === V) return;
  const got = `hidden [${hidden_NE.shape}], weight [${weight_EV.shape}], gain [${gain_E?.shape}], bias [${bias_V?.shape}]`;
  throw shapeMismatch('a readout', 'hidden [N,E], weight [E,V], gain [E] and bias [V]', got);
}

/** Cross-entropy rows; target -1 ignores the row. */
export function crossEntropyRows(target_N: Int32Array): RowLoss {
  return (logits_RV, firstRow) => {
    const [R, V] = logits_RV.shape;
    const target_R = target_N.subarray(firstRow, firstRow + R);
    const bad = target_R.findIndex((target) => target >= V);
    if (bad >= 0 || target_R.length !== R) {
      const got = bad >= 0 ? `${target_R[bad]} in row ${firstRow + bad}` : `${target_N.length} targets`;
      throw shapeMismatch('crossEntropyRows', `a target below ${V} for each of ${firstRow + R} rows`, got);
    }
    const probabilities = softmaxOf(logits_RV) as Tensor2D;
    const [loss_R, dLogits_RV] = hostCompute([probabilities, logits_RV], [[R], [R, V]], ([loss, flow], [p, logits]) => {
      flow.set(p);
      crossEntropy(loss, flow, logits, target_R, V);
    });
    return { loss_R: loss_R as Tensor1D, dLogits_RV: dLogits_RV as Tensor2D };
  };
}

/** Sums over blocks: each block's share is added and the old sum freed. */
class RunningSum {
  private sum: Tensor | undefined;

  add(share: Tensor): void {
    const before = this.sum;
    this.sum = tf.keep(before === undefined ? share : kernel<Tensor>('Add', { a: before, b: share }));
    before?.dispose();
  }

  /** The sum, which now belongs to the caller's tidy scope. */
  take<T extends Tensor>(shape: readonly number[]): T {
    const total = this.sum === undefined ? tf.zeros<tf.Rank>([...shape]) : tf.reshape(this.sum, [...shape]);
    this.dispose();
    return total as T;
  }

  dispose(): void {
    this.sum?.dispose();
    this.sum = undefined;
  }
}

interface Sums {
  readonly weight: RunningSum;
  readonly gain: RunningSum;
  readonly bias: RunningSum;
}

/** Loss of every part that shares one readout, and its gradients, in row blocks. */
export function linearLoss(
  readout: Readout,
  parts: readonly LossPart[],
  { gradients }: { gradients: boolean },
): LinearLossResult {
  if (tfjsEngine().isTapeOn())
    throw new ForetokenError('ENGINE_MISUSE', 'linearLoss computes its own gradients; call it off the tape.');
  for (const part of parts) checkReadout(part.hidden_NE, readout);
  const sums: Sums = { weight: new RunningSum(), gain: new RunningSum(), bias: new RunningSum() };
  try {
    return tf.tidy(() => {
      const weight_VE = gradients ? (transposed(readout.weight_EV) as Tensor2D) : undefined;
      const done = parts.map((part) => onePart(readout, weight_VE, part, sums));
      const loss_N = done.map(({ loss }) => loss);
      if (!gradients) return { loss_N, dHidden_NE: [] };
      return {
        loss_N,
        dHidden_NE: done.map(({ dHidden }) => dHidden as Tensor2D),
        dWeight_EV: sums.weight.take<Tensor2D>(readout.weight_EV.shape),
        ...(readout.gain_E && { dGain_E: sums.gain.take<Tensor1D>(readout.gain_E.shape) }),
        ...(readout.bias_V && { dBias_V: sums.bias.take<Tensor1D>(readout.bias_V.shape) }),
      };
    }) as LinearLossResult;
  } finally {
    for (const sum of Object.values(sums)) sum.dispose();
  }
}

interface Block {
  readonly loss: Tensor;
  readonly dHidden?: Tensor;
}

function onePart(
  readout: Readout,
  weight_VE: Tensor2D | undefined,
  part: LossPart,
  sums: Sums,
): { loss: Tensor1D; dHidden?: Tensor2D } {
  const [N, E] = part.hidden_NE.shape;
  const size = Math.max(1, Math.floor(BLOCK_FLOATS / readout.weight_EV.shape[1]));
  const blocks: Block[] = [];
  for (let first = 0; first < N; first += size) {
    const rows = Math.min(size, N - first);
    blocks.push(tf.tidy(() => ({ ...oneBlock(readout, weight_VE, part, first, rows, sums) })));
  }
  const joined = (tensors: Tensor[], shape: number[]) => (N === 0 ? tf.zeros(shape) : tf.concat(tensors, 0));
  const loss = joined(
    blocks.map((block) => block.loss),
    [0],
  ) as Tensor1D;
  if (weight_VE === undefined) return { loss };
  const dHidden = joined(
    blocks.map((block) => block.dHidden as Tensor),
    [0, E],
  ) as Tensor2D;
  for (const block of blocks) tf.dispose([block.loss, block.dHidden as Tensor]);
  return { loss, dHidden };
}

function oneBlock(
  readout: Readout,
  weight_VE: Tensor2D | undefined,
  { hidden_NE, rows, scale }: LossPart,
  first: number,
  R: number,
  sums: Sums,
): Block {
  const E = hidden_NE.shape[1];
  const hidden_RE = hostComputeOne<Tensor2D>([hidden_NE], [R, E], (out, values) => {
    copyBlock(values, first * E, 0, out, 0, 0, 1, R * E);
  });
  const { gain_E, bias_V } = readout;
  const input_RE = gain_E === undefined ? hidden_RE : normalized(hidden_RE, gain_E);
  const { loss_R, dLogits_RV } = rows(logitsOf(input_RE, readout), first);
  if (weight_VE === undefined) return { loss: loss_R };
  const scaled = (x: Tensor) => kernel<Tensor>('Multiply', { a: x, b: tf.scalar(scale) });
  sums.weight.add(product(scaled(transposed(input_RE)), dLogits_RV));
  if (bias_V !== undefined) sums.bias.add(scaled(sumLeading(dLogits_RV, bias_V.shape)));
  const dInput_RE = product<Tensor2D>(dLogits_RV, weight_VE);
  if (gain_E === undefined) return { loss: loss_R, dHidden: scaled(dInput_RE) };
  const [dHidden, dGain] = normGradients(dInput_RE, hidden_RE, gain_E, undefined, scale);
  sums.gain.add(dGain);
  return { loss: loss_R, dHidden };
}
