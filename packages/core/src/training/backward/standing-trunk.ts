import { type Tensor, tf } from '@foretoken/engine';
import type { LanguageModel } from '../../contracts/model.ts';
import { forwardTrunk, type TrunkForward } from '../../model/forward.ts';
import type { BackwardRequest } from './backward.ts';

/**
 * Runs the trunk off the tape where none of its weights trains in this step, so that it keeps nothing for a backward pass
 * that will not come; gives `work` what it made, and frees it.
 *
 * A head that arranges the trunk's input has weights below the trunk: there the trunk has to be on the tape.
 * @param work - gets nothing where the trunk is still to be run, on the tape
 */
export function withStandingTrunk(
  model: LanguageModel,
  request: BackwardRequest,
  work: (standing: TrunkForward | undefined) => void,
): void {
  if (!isStanding(model, request)) {
    work(undefined);
    return;
  }
  const standing = model.engine.tidy(() => forwardTrunk(model, request.batch.input));
  try {
    work(standing);
  } finally {
    const { tokens_BT, x_BTD } = standing.batch;
    tf.dispose([tokens_BT, x_BTD, ...standing.states] as Tensor[]);
  }
}

function isStanding({ head, parameters }: LanguageModel, { trains }: BackwardRequest): boolean {
  if (!trains || head.arrange) return false;
  return ![...parameters.keys()].some((name) => name.startsWith('trunk/') && trains(name));
}
