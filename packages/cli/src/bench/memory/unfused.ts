// N rows of a batch, E readout input width, V vocabulary.
import { forwardOffsets } from '@foretoken/core/model';
import type { Backward } from '@foretoken/core/training';
import {
  type Engine,
  type Readout,
  type Recording,
  type Scalar,
  type Tensor,
  type Tensor2D,
  tf,
} from '@foretoken/engine';

/**
 * What a framework does that is not told about multi-token prediction: the logits of all offsets stand on one tape, whole,
 * until one backward pass. The same losses and gradients as the fused ways, for their memory to be measured against.
 *
 * For heads with the default objectives.
 * @source Gloeckle et al. 2024, arXiv:2404.19737, sec. 2: "naive"
 */
export const unfused: Backward = (model, { batch, offsets, weight }) => {
  const { engine } = model;
  const recording = engine.record(() => {
    const { offsets: outputs } = forwardOffsets(model, batch.input, offsets);
    return offsets.map((offset) => {
      const { hidden_BTE } = outputs.get(offset)!;
      const hidden_NE = engine.ops.reshape<Tensor2D>(hidden_BTE, [-1, hidden_BTE.shape[2]]);
      const { target, validTargets } = batch.targets;
      return meanLoss(engine, hidden_NE, model.readout(offset), target(offset), validTargets(offset));
    });
  });
  try {
    const losses = new Map(offsets.map((offset, i) => [`offset-${offset}`, recording.outputs[i].dataSync()[0]]));
    return { losses, gradients: backwardOf(recording, [...losses.keys()].map(weight), model.parameters) };
  } finally {
    recording.dispose();
  }
};

function meanLoss(
  { ops }: Engine,
  hidden_NE: Tensor2D,
  { gain_E, weight_EV, bias_V }: Readout,
  target_N: Int32Array,
  validRows: number,
): Scalar {
  const normed_NE = gain_E ? ops.rmsNorm(hidden_NE, gain_E) : hidden_NE;
  const logits_NV = ops.linear(normed_NE, weight_EV, { bias_O: bias_V });
  const [N, V] = logits_NV.shape;
  const places = Array.from(target_N, (target, n) => n * V + Math.max(target, 0));
  const picked_N = ops.reshape<Tensor>(ops.gatherRows(ops.reshape<Tensor2D>(logits_NV, [N * V, 1]), places), [N]);
  const isValid_N = ops.constant(
    Array.from(target_N, (target) => (target < 0 ? 0 : 1 / validRows)),
    [N],
  );
  return ops.sum<Scalar>(ops.mul(ops.sub(ops.logSumExp<Tensor>(logits_NV, 1), picked_N), isValid_N));
}

function backwardOf(
  recording: Recording<readonly Scalar[]>,
  weights: readonly number[],
  parameters: ReadonlyMap<string, Tensor>,
): Map<string, Tensor> {
  const seeds = recording.outputs.map((at, i) => ({ at, gradient: tf.scalar(weights[i]) }));
  try {
    const found = recording.backward(seeds, [...parameters.values()]);
    return new Map([...parameters.keys()].flatMap((name, i) => (found[i] ? [[name, found[i]]] : [])));
  } finally {
    for (const { gradient } of seeds) gradient.dispose();
  }
}
