import type { Experiment } from '../config/experiment.ts';
import { scaleSteps } from '../config/scale-steps.ts';
import type { TrainableModel } from '../model/build-model.ts';
import { type FlopsPerToken, flopsPerToken } from './training-flops.ts';

/** What a training costs, and how long it is for that. */
export interface MatchedTraining {
  readonly settings: Experiment['training'];
  readonly flops: FlopsPerToken;
  /** Under `match: flops`: FLOPs of the one-token model's training, which `settings.steps` was chosen for. */
  readonly budgetFlops?: number;
}

/**
 * The training of a model as its experiment has it or, under `match: flops`, in as many steps as cost what the
 * experiment's number of steps would cost the one-token model of the same trunk options: the nearest whole number of
 * steps, one at least. Warm-up and intervals scale along.
 *
 * All are counted operations, so that the number of steps is the same on every machine.
 */
export function matchedTraining({ training, model, data }: Experiment, trained: TrainableModel): MatchedTraining {
  const flops = flopsPerToken(trained, training);
  if (model.match !== 'flops') return { settings: training, flops };
  const { steps: referenceSteps } = training;
  const reference = trained.withReference((one) => flopsPerToken(one, { steps: referenceSteps }).training);
  const steps = Math.max(1, Math.round((training.steps * reference) / flops.training));
  const tokensPerStep = training.batch * training.accumulate * data.context;
  return {
    settings: scaleSteps(training, steps),
    flops,
    budgetFlops: training.steps * tokensPerStep * reference,
  };
}
