// N rows of a part, R rows of a block, E readout input width, V vocabulary of the readout.
import { ForetokenError } from '../errors.ts';
import type { LinearLossOptions, LinearLossResult, LossPart, Readout } from '../readout.ts';
import { type Tensor, type Tensor1D, type Tensor2D, tf } from '../tensor.ts';
import { kernel, tfjsEngine } from '../tfjs/internals.ts';
import { tidy } from '../tfjs/scopes.ts';
import type { Kernels } from './kernels.ts';
import { inputGradient, weightGradient } from './linear.ts';
import { checkReadout, unembedded } from './readout-logits.ts';
import { normalized, RMS_EPSILON } from './rms-norm.ts';
import { sumLeading } from './sum-to.ts';

/** Logits of one block: however large the vocabulary, a block's tensors stay this small. */
const BLOCK_FLOATS = 1 << 20;

/** Loss of every part that shares one readout, and its gradients, in row blocks. */
export function linearLoss(
  kernels: Kernels,
  readout: Readout,
  parts: readonly LossPart[],
  options: LinearLossOptions,
): LinearLossResult {
  return linearLossInBlocks(kernels, readout, parts, { ...options, blockFloats: BLOCK_FLOATS });
}

/** {@link linearLoss} with another size of the blocks. */
export function linearLossInBlocks(
  kernels: Kernels,
  readout: Readout,
  parts: readonly LossPart[],
  { gradients, frozenReadout = false, blockFloats }: LinearLossOptions & { readonly blockFloats: number },
): LinearLossResult {
  if (tfjsEngine().isTapeOn()) {
    throw new ForetokenError('ENGINE_MISUSE', 'linearLoss computes its own gradients; call it off the tape.');
  }
  for (const part of parts) checkReadout(part.hidden_NE, readout);
  const sums = { weight: new RunningSum(), gain: new RunningSum(), bias: new RunningSum() };
  try {
    return tidy(() => {
      const blockRows = Math.max(1, Math.floor(blockFloats / readout.weight_EV.shape[1]));
      const done = parts.map((part) => onePart({ kernels, readout, gradients, frozenReadout, blockRows, sums }, part));
      const losses = { loss_N: done.map(({ loss }) => loss), dHidden_NE: done.flatMap(({ dHidden }) => dHidden ?? []) };
      return { ...losses, ...(gradients && !frozenReadout && takeSums(sums, readout)) };
    });
  } finally {
    for (const sum of Object.values(sums)) sum.dispose();
  }
}

/** A sum that grows block by block; the old one is freed at every step. */
class RunningSum {
  private sum: Tensor | undefined;

  add(share: Tensor): void {
    const before = this.sum;
    this.sum = tf.keep(before === undefined ? share : kernel<Tensor>('Add', { a: before, b: share }));
    before?.dispose();
  }

  /** The sum, zeros of a shape where nothing came; it now belongs to the caller's tidy scope. */
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

/** What all parts and blocks of one call share. */
interface Pass {
  readonly kernels: Kernels;
  readonly readout: Readout;
  readonly gradients: boolean;
  readonly frozenReadout: boolean;
  readonly blockRows: number;
  readonly sums: Sums;
}

function takeSums({ weight, gain, bias }: Sums, { weight_EV, gain_E, bias_V }: Readout): Partial<LinearLossResult> {
  return {
    dWeight_EV: weight.take<Tensor2D>(weight_EV.shape),
    ...(gain_E && { dGain_E: gain.take<Tensor1D>(gain_E.shape) }),
    ...(bias_V && { dBias_V: bias.take<Tensor1D>(bias_V.shape) }),
  };
}

interface Losses {
  readonly loss: Tensor1D;
  readonly dHidden?: Tensor2D;
}

function onePart(pass: Pass, part: LossPart): Losses {
  const [N, E] = part.hidden_NE.shape;
  const blocks: Losses[] = [];
  for (let first = 0; first < N; first += pass.blockRows) {
    const R = Math.min(pass.blockRows, N - first);
    blocks.push(tidy(() => oneBlock(pass, part, first, R)));
  }
  const loss = joined<Tensor1D>(
    blocks.map((block) => block.loss),
    [0],
  );
  if (!pass.gradients) return { loss };
  return {
    loss,
    dHidden: joined<Tensor2D>(
      blocks.flatMap((block) => block.dHidden ?? []),
      [0, E],
    ),
  };
}

function joined<T extends Tensor>(blocks: Tensor[], emptyShape: number[]): T {
  if (blocks.length === 0) return tf.zeros(emptyShape) as Tensor as T;
  if (blocks.length === 1) return blocks[0] as T;
  const whole = tf.concat(blocks, 0) as T;
  tf.dispose(blocks);
  return whole;
}

function oneBlock(
  { kernels, readout, gradients, frozenReadout, sums }: Pass,
  { hidden_NE, rows, scale }: LossPart,
  first: number,
  R: number,
): Losses {
  const hidden_RE = kernels.cut(hidden_NE, 0, first, R) as Tensor2D;
  const { gain_E, bias_V } = readout;
  const input_RE = gain_E === undefined ? hidden_RE : normalized(kernels, hidden_RE, gain_E);
  const { loss_R, dLogits_RV } = lossOf(kernels, readout, input_RE, rows, first);
  if (!gradients) return { loss: loss_R };
  const scaled = (x: Tensor) => kernel<Tensor>('Multiply', { a: x, b: tf.scalar(scale) });
  if (!frozenReadout) sums.weight.add(scaled(weightGradient(kernels, input_RE, dLogits_RV)));
  if (bias_V !== undefined && !frozenReadout) sums.bias.add(scaled(sumLeading(dLogits_RV, bias_V.shape)));
  const dInput_RE = inputGradient(kernels, dLogits_RV, readout.weight_EV);
  if (gain_E === undefined) return { loss: loss_R, dHidden: scaled(dInput_RE) as Tensor2D };
  const [dHidden, dGain] = kernels.rmsNormGradients(dInput_RE, hidden_RE, gain_E, RMS_EPSILON, scale);
  if (!frozenReadout) sums.gain.add(dGain);
  return { loss: loss_R, dHidden: dHidden as Tensor2D };
}

/** The loss of a block; its logits are freed before the gradients' products begin. */
function lossOf(kernels: Kernels, readout: Readout, input_RE: Tensor2D, rows: LossPart['rows'], first: number) {
  return tidy(() => rows(unembedded(kernels, input_RE, readout), first));
}
