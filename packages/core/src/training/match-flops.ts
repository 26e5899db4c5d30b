import type { Experiment } from '../config/experiment.ts';
import { scaleSteps } from '../config/scale-steps.ts';
import type { HorizonSchedule } from '../contracts/training.ts';
import type { TrainableModel } from '../model/build-model.ts';
import { checkedHorizon } from './checked-horizon.ts';
import type { MatchRecord } from './run-summary.ts';
import { type FlopsPerToken, flopsCounter, flopsPerToken, termNames } from './training-flops.ts';

/** What a training costs, and how long it is for that. */
export interface MatchedTraining {
  readonly settings: Experiment['training'];
  readonly flops: FlopsPerToken;
  /** Whether `flops.training` counts offsets that may sit out: the horizon is decided as the training goes. */
  readonly isUpperBound: boolean;
  /** Under `match: flops`: FLOPs of the one-token model's training, which `settings.steps` was chosen for. */
  readonly budgetFlops?: number;
}

/** What a training says of its match in its summary. */
export function matchRecordOf(
  { model: { match: to } }: Experiment,
  { sizes: { trunkLayers: _, ...sizes } }: TrainableModel,
  { budgetFlops }: MatchedTraining,
): MatchRecord {
  return { to, ...sizes, ...(budgetFlops !== undefined && { budgetFlops }) };
}

/**
 * The training of a model as its experiment has it or, under `match: flops`, in as many steps as cost what the
 * experiment's number of steps would cost the one-token model of the same trunk options: the nearest whole number of
 * steps, one at least. Warm-up, intervals and the horizon schedule scale along.
 *
 * All are counted operations, so that the number of steps is the same on every machine. Every step counts at its own
 * horizon; under a schedule that learns, whose horizons nobody knows yet, at the full one.
 *
 * @throws HORIZON_INVALID if the schedule leaves its range
 */
export function matchedTraining(
  { training, model, data }: Experiment,
  trained: TrainableModel,
  schedule: HorizonSchedule,
): MatchedTraining {
  const counter = flopsCounter(trained, training);
  const isAdaptive = schedule.learn !== undefined;
  const planned = isAdaptive ? undefined : plannedHorizon(schedule, trained, training.horizonSchedule.name);
  if (training.minutes !== undefined) return byTheClock(counter, training, trained, planned);
  const horizonAt = planned;
  const costIn = (settings: Experiment['training']) => counter.perToken({ ...settings, horizonAt });
  const isUpperBound = isAdaptive && trained.offsets.length > 1;
  if (model.match !== 'flops') return { settings: training, flops: costIn(training), isUpperBound };
  const reference = trained.withReference((one) => flopsPerToken(one, { steps: 1 }).training);
  const budget = training.steps * reference;
  const steps = stepsFor(budget, (count) => count * costIn(scaleSteps(training, count)).training);
  const settings = scaleSteps(training, steps);
  const tokensPerStep = training.batch * training.accumulate * data.context;
  return { settings, flops: costIn(settings), isUpperBound, budgetFlops: tokensPerStep * budget };
}

/** Nobody knows how many steps fall into each stage of a schedule: where they differ in cost, the dearest counts. */
function byTheClock(
  counter: ReturnType<typeof flopsCounter>,
  training: Experiment['training'],
  trained: TrainableModel,
  horizonAt: ReturnType<typeof plannedHorizon> | undefined,
): MatchedTraining {
  const { steps, groups } = training;
  const full = trained.dims.horizon;
  const isFull = horizonAt !== undefined && stagesOf(steps).every((step) => horizonAt({ step, steps }) === full);
  const isWhole = Object.values(groups ?? {}).every(({ start, rate }) => start === 0 || rate === 0);
  const fromStart = groups && mapValues(groups, (group) => ({ ...group, start: 0 }));
  return {
    settings: training,
    flops: counter.perToken({ ...training, ...(fromStart && { groups: fromStart }), horizonAt: undefined }),
    isUpperBound: (!isFull && trained.offsets.length > 1) || !isWhole,
  };
}

const stagesOf = (steps: number): number[] => Array.from({ length: steps }, (_, step) => step);

function mapValues<Key extends string, Value>(
  values: { readonly [key in Key]: Value },
  change: (value: Value) => Value,
): { readonly [key in Key]: Value } {
  const entries = Object.entries<Value>(values).map(([key, value]) => [key, change(value)] as const);
  return Object.fromEntries(entries) as { readonly [key in Key]: Value };
}

/** Horizons of a schedule that goes by the step alone. */
function plannedHorizon(schedule: HorizonSchedule, model: TrainableModel, name: string) {
  const state = schedule.start(termNames(model));
  return (moment: Parameters<HorizonSchedule['now']>[1]): number =>
    checkedHorizon(schedule.now(state, moment), { name, full: model.dims.horizon, step: moment.step });
}

/**
 * The whole number of steps whose cost is nearest to a budget, one at least.
 *
 * What a step costs follows from the number of steps, through schedule and groups: so it is searched for, and not divided.
 */
function stepsFor(budget: number, costOf: (steps: number) => number): number {
  let enough = 1;
  while (costOf(enough) < budget) enough *= 2;
  let short = Math.floor(enough / 2);
  while (enough - short > 1) {
    const middle = Math.floor((short + enough) / 2);
    if (costOf(middle) < budget) short = middle;
    else enough = middle;
  }
  const isShortNearer = short >= 1 && budget - costOf(short) < costOf(enough) - budget;
  return isShortNearer ? short : enough;
}
