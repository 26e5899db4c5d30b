import type { Engine, Tensor } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Experiment } from '../config/experiment.ts';
import type { Json } from '../contracts/json.ts';
import { offsetOfTerm } from '../contracts/term.ts';
import type { HorizonSchedule, Moment, Observed, Weighting } from '../contracts/training.ts';
import type { TrainableModel } from '../model/build-model.ts';
import type { Backward, BackwardRequest, StepBatch } from './backward/backward.ts';
import { accumulate } from './backward/gathered.ts';
import { isSeparable } from './backward/sequential.ts';
import { checkedHorizon } from './checked-horizon.ts';
import { checkedWeights } from './checked-weights.ts';
import { learningRateAt } from './learning-rate.ts';
import { refuseUndistillable } from './objectives.ts';
import { AdamW } from './optimizer.ts';
import { rateIn, refuseIdle } from './parameter-groups.ts';
import { type Evidence, type Findings, findings, isFiniteStep, type Named } from './stability/sound-step.ts';
import { Streak, type StreakState } from './stability/streak.ts';
import { UpdateGuard } from './stability/update-guard.ts';

export { MAX_SKIPPED_IN_A_ROW } from './stability/streak.ts';

/** What one step did; one line of `metrics.jsonl` is made of it. */
export interface StepReport {
  /** Steps finished, this one included. */
  readonly step: number;
  /** Offsets that trained. */
  readonly horizon: number;
  /** Unweighted mean loss of each term in nats, by name; NaN or infinite only in a skipped step. */
  readonly losses: Readonly<Record<string, number>>;
  /** The weighted sum that was minimized. */
  readonly loss: number;
  readonly weights: Readonly<Record<string, number>>;
  /** Of each term's unweighted loss, by name; present where the weighting goes by them. */
  readonly gradientNorms?: Readonly<Record<string, number>>;
  /** {@link Observed.acceptance}, in the steps that measure it. */
  readonly acceptance?: readonly (number | null)[];
  /** What the horizon schedule knew before this step; absent for one that keeps nothing. */
  readonly schedule?: Json;
  readonly learningRate: number;
  /** Global norm before clipping. */
  readonly gradientNorm: number;
  /** Whether the step was not finite, so that nothing but the cursor and the counters moved. */
  readonly skipped: boolean;
  /** What was not finite; in the first skipped step of a row. */
  readonly notFinite?: readonly string[];
}

/** Everything of a trainer that is not a tensor, as JSON. */
export interface TrainerState extends StreakState {
  readonly step: number;
  readonly lastLosses: readonly number[];
  /** Absent from checkpoints of a version that knew none. */
  readonly lastNorms?: readonly number[];
  readonly weighting: Json;
  readonly horizonSchedule: Json;
  readonly adamwSteps: { readonly [parameter: string]: number };
}

export interface TrainerParts {
  readonly engine: Engine;
  readonly model: TrainableModel;
  readonly settings: Experiment['training'];
  readonly weighting: Weighting;
  readonly horizonSchedule: HorizonSchedule;
  readonly backward: Backward;
  /** Names of the loss terms at the full horizon. */
  readonly terms: readonly string[];
  /** Of those, the ones that are on the tape and so have no gradient norm. Default: none. */
  readonly valueTerms?: readonly string[];
  /**
   * Where the coming step stands in all that goes by the number of steps, in [0, `settings.steps`). Default: the steps taken.
   */
  stage?(): number;
  /** Measures {@link Observed.acceptance} of some offsets on the coming step's first batch. Default: never measured. */
  acceptance?(offsets: readonly number[]): readonly (number | null)[];
}

/** What the batches of a step came to, by term. */
interface StepSums {
  readonly losses: ReadonlyMap<string, number>;
  readonly norms?: ReadonlyMap<string, number>;
  readonly acceptance?: readonly (number | null)[];
  /** Index of the first batch with a loss that is not finite. */
  readonly badBatch?: number;
}

/**
 * Takes steps: forward and backward through the seam, clip, AdamW. It knows no head, no data set and no file.
 *
 * A step whose loss or gradient is not finite leaves weights, moments and plugin state as they were.
 */
export class Trainer {
  readonly #parts: TrainerParts;
  readonly #optimizer: AdamW;
  readonly #streak = new Streak();
  readonly #guard: UpdateGuard;
  #step = 0;
  #lastLosses: number[];
  #lastNorms: number[];
  #weightingState: Json;
  #scheduleState: Json;

  /**
   * @throws CONFIG_CONFLICT if the weighting needs gradient norms that this head or backward pass does not give, if nothing
   * trains in the first step, or if the head cannot be taught as `distil` asks
   */
  constructor(parts: TrainerParts) {
    if (parts.weighting.needs === 'gradient-norms') checkNorms(parts);
    refuseIdle(parts.settings.groups, parts.model.parameters.keys());
    if (parts.settings.distil) refuseUndistillable(parts.terms);
    this.#parts = parts;
    this.#optimizer = new AdamW(parts.engine, parts.settings);
    this.#guard = new UpdateGuard(parts.engine);
    this.#lastLosses = parts.terms.map(() => 0);
    this.#lastNorms = parts.terms.map(() => 0);
    this.#weightingState = parts.weighting.start(parts.terms);
    this.#scheduleState = parts.horizonSchedule.start(parts.terms);
  }

  /** What it was made of. */
  get parts(): TrainerParts {
    return this.#parts;
  }

  get step(): number {
    return this.#step;
  }

  get skippedSteps(): number {
    return this.#streak.skippedSteps;
  }

  /** Offsets that train in the coming step. */
  offsets(): readonly number[] {
    const { model, horizonSchedule, settings } = this.#parts;
    const { name } = settings.horizonSchedule;
    const given = horizonSchedule.now(this.#scheduleState, this.#moment());
    const horizon = checkedHorizon(given, { name, full: model.dims.horizon, step: this.#step });
    return model.offsets.filter((offset) => offset <= horizon);
  }

  /**
   * One step over the given batches. Whoever goes on after a skipped one asks {@link refuseDiverged} first.
   * @throws WEIGHTS_INVALID, HORIZON_INVALID if a plugin leaves its range
   */
  run(batches: readonly StepBatch[]): StepReport {
    const { engine, model, settings } = this.#parts;
    const offsets = this.offsets();
    const weights = this.#weights();
    this.#refuseNothing(offsets, weights);
    const stage = this.#moment().step;
    const learningRate = learningRateAt(stage, settings);
    const rateOf = rateIn(settings.groups, stage);
    const trains = (parameter: string) => rateOf(parameter) > 0;
    const acceptance = this.#acceptance(offsets);
    const schedule = this.#scheduleState;
    const gradients = new Map<string, Tensor>();
    try {
      const sums = { ...this.#gradients(batches, { offsets, weight: weights, trains }, gradients), acceptance };
      const gradientNorm = Math.sqrt(engine.tidy(() => engine.ops.sumOfSquares([...gradients.values()]).dataSync()[0]));
      const loss = [...sums.losses].reduce((sum, [term, value]) => sum + weights(term) * value, 0);
      const evidence = { ...sums, loss, gradients, gradientNorm, numBatches: batches.length };
      const broken = this.#broken(evidence, { learningRate, rateOf });
      if (!broken) {
        const gradientScale = gradientNorm > settings.clip ? settings.clip / gradientNorm : 1;
        this.#optimizer.apply(model.store, gradients, { learningRate, gradientScale, rateOf });
        this.#learn(sums);
      }
      const notFinite = this.#count({ loss, gradientNorm, learningRate }, broken);
      const horizon = offsets[offsets.length - 1];
      return {
        step: this.#step,
        horizon,
        loss,
        ...this.#shown(sums, weights, schedule),
        learningRate,
        gradientNorm,
        skipped: broken !== undefined,
        ...(notFinite && { notFinite }),
      };
    } finally {
      for (const gradient of gradients.values()) gradient.dispose();
    }
  }

  /**
   * Stops a run that no longer learns.
   * @param checkpoint - the last one saved, for the message
   * @throws TRAINING_DIVERGED after {@link MAX_SKIPPED_IN_A_ROW} skipped steps in a row, with how it began and what to do
   */
  refuseDiverged(checkpoint?: { readonly path: string; readonly step: number }): void {
    this.#streak.refuseDiverged(this.#step, this.#parts.settings, checkpoint);
  }

  /** JSON state for a checkpoint. */
  state(): TrainerState {
    return {
      step: this.#step,
      ...this.#streak.state(),
      lastLosses: this.#lastLosses,
      lastNorms: this.#lastNorms,
      weighting: this.#weightingState,
      horizonSchedule: this.#scheduleState,
      adamwSteps: this.#optimizer.steps(),
    };
  }

  /** Tensors for a checkpoint by name: weights and moments. They stay the trainer's. */
  tensors(): Map<string, Tensor> {
    const tensors = new Map<string, Tensor>();
    for (const [name, tensor] of this.#parts.model.parameters) tensors.set(`model/${name}`, tensor);
    for (const [name, tensor] of this.#optimizer.tensors()) tensors.set(name, tensor);
    return tensors;
  }

  /** Goes back to a checkpoint: the run that continues ends in the same bits as one that never stopped. */
  restore(state: TrainerState, tensor: (name: string) => Tensor): void {
    for (const name of this.#parts.model.parameters.keys())
      this.#parts.model.store.replace(name, tensor(`model/${name}`));
    for (const [name, steps] of Object.entries(state.adamwSteps)) {
      this.#optimizer.restore(name, tensor(`adamw.1/${name}`), tensor(`adamw.2/${name}`), steps);
    }
    this.#step = state.step;
    this.#streak.restore(state);
    this.#guard.forget();
    this.#lastLosses = [...state.lastLosses];
    this.#lastNorms = [...(state.lastNorms ?? this.#parts.terms.map(() => 0))];
    this.#weightingState = state.weighting;
    this.#scheduleState = state.horizonSchedule;
  }

  /** Frees the optimizer's state; the model is the caller's. */
  dispose(): void {
    this.#optimizer.dispose();
  }

  #moment(): Moment {
    const { stage, settings } = this.#parts;
    return { step: stage ? stage() : this.#step, steps: settings.steps };
  }

  #weights(): (term: string) => number {
    const { weighting, terms, settings } = this.#parts;
    const given = weighting.now(this.#weightingState, this.#moment());
    const { name } = settings.weighting;
    const weights = checkedWeights(given, { name, numTerms: terms.length, step: this.#step });
    const byTerm = new Map(terms.map((term, i) => [term, weights[i]]));
    return (term) => byTerm.get(term) ?? 0;
  }

  /** A step of terms that all weigh 0 would train nothing. A head's own terms may be part of any step. */
  #refuseNothing(offsets: readonly number[], weight: (term: string) => number): void {
    const terms = this.#parts.terms.filter((term) => offsets.includes(offsetOfTerm(term) ?? offsets[0]));
    if (terms.length === 0 || terms.some((term) => weight(term) > 0)) return;
    throw new ForetokenError(
      'WEIGHTS_INVALID',
      `weighting "${this.#parts.settings.weighting.name}": every term of step ${this.#step} (${terms.join(', ')}) weighs 0. ` +
        'Give one of them a weight, or train fewer steps.',
    );
  }

  /** Before the step moves any weight, so that no offset is judged on text it has just been fitted to. */
  #acceptance(offsets: readonly number[]): readonly (number | null)[] | undefined {
    const every = this.#parts.horizonSchedule.acceptanceEvery;
    if (every === undefined || (this.#step + 1) % every !== 0) return undefined;
    return this.#parts.acceptance?.(offsets);
  }

  /** Adds up losses, gradients and, where the weighting goes by them, gradient norms over the batches of a step. */
  #gradients(
    batches: readonly StepBatch[],
    wanted: Pick<BackwardRequest, 'offsets' | 'weight' | 'trains'>,
    gradients: Map<string, Tensor>,
  ): StepSums {
    const { model, backward, weighting, settings } = this.#parts;
    const losses = new Map<string, number>();
    const squared = weighting.needs === 'gradient-norms' ? new Map<string, number>() : undefined;
    const request = { ...wanted, batches: batches.length, norms: squared !== undefined, distil: settings.distil };
    let badBatch: number | undefined;
    for (const [i, batch] of batches.entries()) {
      const result = backward(model, { ...request, batch });
      for (const [name, gradient] of result.gradients) accumulate(gradients, name, gradient);
      if (![...result.losses.values()].every(Number.isFinite)) badBatch ??= i;
      addTo(losses, result.losses);
      if (squared && result.squaredNorms) addTo(squared, result.squaredNorms);
    }
    const seen = [...(squared ?? [])].filter(([term]) => losses.has(term));
    return { losses, norms: squared && new Map(seen.map(([term, sum]) => [term, Math.sqrt(sum)])), badBatch };
  }

  /** What a report tells by term, and what weighting and schedule went by. */
  #shown(
    { losses, norms, acceptance }: StepSums,
    weights: (term: string) => number,
    schedule: Json,
  ): Pick<StepReport, 'losses' | 'weights' | 'gradientNorms' | 'acceptance' | 'schedule'> {
    return {
      losses: Object.fromEntries(losses),
      weights: Object.fromEntries([...losses.keys()].map((term) => [term, weights(term)])),
      ...(norms ? { gradientNorms: Object.fromEntries(norms) } : {}),
      ...(acceptance ? { acceptance } : {}),
      ...(this.#parts.horizonSchedule.learn ? { schedule } : {}),
    };
  }

  #learn({ losses, norms, acceptance }: StepSums): void {
    const { weighting, horizonSchedule, terms } = this.#parts;
    this.#lastLosses = terms.map((term, i) => losses.get(term) ?? this.#lastLosses[i]);
    if (norms) this.#lastNorms = terms.map((term, i) => norms.get(term) ?? this.#lastNorms[i]);
    const seen: Observed = {
      losses: this.#lastLosses,
      active: terms.map((term) => (norms ?? losses).has(term)),
      ...(norms ? { gradientNorms: this.#lastNorms } : {}),
      ...(acceptance ? { acceptance } : {}),
    };
    this.#weightingState = weighting.learn?.(this.#weightingState, seen, this.#moment()) ?? this.#weightingState;
    this.#scheduleState = horizonSchedule.learn?.(this.#scheduleState, seen, this.#moment()) ?? this.#scheduleState;
  }

  /**
   * Whether anything of a step is not finite, or would be after its update.
   * @returns undefined for a good step; otherwise a closer look at what it is, while the gradients are there
   */
  #broken(
    evidence: Evidence,
    { learningRate, rateOf }: { readonly learningRate: number; rateOf(parameter: string): number },
  ): (() => Findings) | undefined {
    const { model, settings } = this.#parts;
    const names = [...model.parameters.keys()].filter((name) => evidence.gradients.has(name));
    const weights = () => [...model.parameters].map(([name, weight]): Named => [`weight "${name}"`, weight]);
    if (!isFiniteStep(evidence)) {
      this.#guard.forget();
      // In the order in which parameters were made, which that of the gradients need not be.
      const gradients = new Map(names.map((name) => [name, evidence.gradients.get(name)!]));
      return () => findings({ ...evidence, gradients }, weights());
    }
    const refusal = this.#guard.refuses({
      weights,
      moments: () => this.#optimizer.moments(),
      learningRate: names.reduce((rate, name) => Math.max(rate, learningRate * rateOf(name)), 0),
      weightDecay: settings.weightDecay,
    });
    return refusal && (() => refusal);
  }

  /** @returns what was not finite, in the first skipped step of a row */
  #count(
    step: Pick<StepReport, 'loss' | 'gradientNorm' | 'learningRate'>,
    broken: (() => Findings) | undefined,
  ): readonly string[] | undefined {
    this.#step++;
    if (broken) return this.#streak.bad(this.#step, broken)?.what;
    this.#streak.good({ step: this.#step, ...step });
    return undefined;
  }
}

/** @throws CONFIG_CONFLICT if some term's gradient is never seen apart from the others' */
function checkNorms({ settings, model, valueTerms = [] }: TrainerParts): void {
  const needs = `weighting "${settings.weighting.name}" needs the gradient norm of each loss term`;
  if (settings.backward === 'joint' && isSeparable(model.head)) {
    throw new ForetokenError(
      'CONFIG_CONFLICT',
      `${needs}, and training.backward: joint gives only their sum at the trunk. Use training.backward: sequential.`,
    );
  }
  if (valueTerms.length > 0) {
    throw new ForetokenError(
      'CONFIG_CONFLICT',
      `${needs}, and the head's own terms ${valueTerms.map((term) => `"${term}"`).join(', ')} are single values whose ` +
        'gradient is not seen apart from the others. Choose a weighting that goes by losses alone.',
    );
  }
}

function addTo(sums: Map<string, number>, shares: ReadonlyMap<string, number>): void {
  for (const [term, share] of shares) sums.set(term, (sums.get(term) ?? 0) + share);
}
