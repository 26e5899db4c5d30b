// N = B*T rows, R rows of a block, E readout input width, V vocabulary.
import { createNodes, type Ops, type Readout, type Tensor2D } from '@foretoken/engine';
import type { Objective } from '../../contracts/head.ts';
import type { LanguageModel } from '../../contracts/model.ts';
import { type ForwardResult, forwardOffsets } from '../../model/forward.ts';
import { createRandom } from '../../random/random.ts';
import type { StepBatch } from '../../training/backward/backward.ts';
import { objectivesOf } from '../../training/objectives.ts';
import { smallText } from './small-text.ts';

/** Hands the small text to `use` as the batch of a training step. */
export function withStepBatch<T>(model: Pick<LanguageModel, 'dims'>, use: (batch: StepBatch) => T): T {
  const tokens = smallText(model.dims.maxOffset);
  const at = createNodes(tokens);
  const validTargets = (offset: number) => tokens.target(offset).filter((target) => target >= 0).length;
  const targets = { target: (offset: number) => tokens.target(offset), validTargets };
  try {
    return use({ input: { tokens, at, random: createRandom(4, 'contract/batch') }, targets });
  } finally {
    at.dispose();
  }
}

/** Runs a forward over the small text and hands objectives and what they saw to `read`, in a tidy scope. */
export function readObjectives<T>(
  model: LanguageModel,
  read: (objectives: readonly Objective[], result: ForwardResult, batch: StepBatch) => T,
): T {
  return withStepBatch(model, (batch) =>
    model.engine.tidy(() => {
      const result = forwardOffsets(model, batch.input, model.offsets);
      return read(objectivesOf(model, result, batch.targets, model.offsets), result, batch);
    }),
  );
}

/** The loss of an objective over the small text by its definition: all rows of logits at once, and their mean. */
export function lossOf(model: LanguageModel, objective: Objective): number {
  if ('value' in objective) return objective.value.dataSync()[0];
  const { hidden_NE, readout, rows, validRows } = objective;
  if (validRows === 0) return 0;
  const { loss_R } = rows(logitsOf(model.engine.ops, hidden_NE, readout), 0);
  return Array.from(loss_R.dataSync()).reduce((sum, loss) => sum + loss, 0) / validRows;
}

/** Norm and unembedding in plain ops: `readoutLogits`, held still by `FrozenStops`, is a teacher's. */
function logitsOf(ops: Ops, hidden_NE: Tensor2D, { gain_E, weight_EV, bias_V }: Readout): Tensor2D {
  return ops.linear(gain_E ? ops.rmsNorm(hidden_NE, gain_E) : hidden_NE, weight_EV, { bias_O: bias_V });
}
