import { ForetokenError } from '@foretoken/engine/errors';
import { Type } from 'typebox';
import type { Checkpoint } from '../checkpoints/checkpoint-store.ts';
import { once } from '../plugins/once.ts';
import { compileSchema } from '../plugins/options-schema.ts';
import { problemsOf } from '../plugins/problems.ts';
import { checkedHorizon } from './checked-horizon.ts';
import { checkedWeights } from './checked-weights.ts';
import { storedTensor } from './saved-tensor.ts';
import type { TrainerParts, TrainerState } from './trainer.ts';

/** What a checkpoint of a run holds beside tensors. */
export interface RunState {
  readonly trainer: TrainerState;
  /** Windows consumed so far: the place in the training order. */
  readonly cursor: number;
  /** Seconds of the steps so far, of a training that ends by them. */
  readonly seconds?: number;
}

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Breakdown = Type.Object({
  step: Count,
  what: Type.Array(Type.String(), { minItems: 1 }),
  isOfBefore: Type.Boolean(),
  largestWeight: Type.Optional(Type.String()),
  before: Type.Optional(
    Type.Object({ step: Count, loss: Type.Number(), gradientNorm: Type.Number(), learningRate: Type.Number() }),
  ),
});
const TrainerForm = Type.Object({
  step: Count,
  skippedSteps: Count,
  skippedInARow: Count,
  breakdown: Type.Optional(Breakdown),
  lastLosses: Type.Array(Type.Number()),
  lastNorms: Type.Optional(Type.Array(Type.Number())),
  weighting: Type.Any(),
  horizonSchedule: Type.Any(),
  adamwSteps: Type.Record(Type.String(), Type.Integer({ minimum: 1 })),
});
const Form = Type.Object({
  trainer: TrainerForm,
  cursor: Count,
  seconds: Type.Optional(Type.Number({ minimum: 0 })),
});

const validator = once(() => compileSchema<RunState>(Form, { isTested: true }));

/** Characters of a plugin's own message. */
const MOST_WORDS = 400;
/** Problems said at once: a state of another kind breaks every rule. */
const MOST_SAID = 5;

/**
 * The state in a checkpoint, once it is one that this training can go on from: its form, what its numbers say of each other and
 * of the training, the tensors that belong to it, and what weighting and schedule make of theirs.
 *
 * Nothing is changed meanwhile. What a plugin would make of its state in `learn` is seen in the first step, by its own error.
 * @throws FILE_CORRUPT with every place that is not as it is saved (the first few of many), CHECKPOINT_MISMATCH
 */
export function runStateIn(checkpoint: Checkpoint, parts: TrainerParts): RunState {
  const isOfForm = validator();
  if (!isOfForm(checkpoint.state)) {
    throw refuse(
      checkpoint,
      problemsOf(isOfForm.errors ?? []).map(({ path, sentence }) => `${placeOf(path)} ${sentence}`),
    );
  }
  const state = checkpoint.state as unknown as RunState;
  const problems = rulesFor(state, checkpoint, parts).flatMap(([holds, problem]) => (holds ? [] : problem));
  if (problems.length > 0) throw refuse(checkpoint, problems);
  refuseOtherTensors(checkpoint, state.trainer, parts);
  refuseForPlugins(checkpoint, state.trainer, parts);
  return state;
}

/** What the numbers of a state say of each other and of the training, each with what is said where it does not hold. */
function rulesFor(
  { trainer, cursor, seconds }: RunState,
  checkpoint: Checkpoint,
  { terms, settings, model }: TrainerParts,
): readonly (readonly [holds: boolean, problem: string])[] {
  const { step, skippedSteps, skippedInARow, lastLosses, lastNorms, adamwSteps } = trainer;
  const windows = step * settings.batch * settings.accumulate;
  const isTimed = settings.minutes !== undefined;
  const perTerm = (key: string, values: readonly number[]): [boolean, string] => [
    values.length === terms.length,
    `state.trainer.${key} must have ${terms.length} entries, one for each loss term, has ${values.length}.`,
  ];
  return [
    [step === checkpoint.step, `state.trainer.step must be that of its header, ${checkpoint.step}, was ${step}.`],
    [skippedSteps <= step, `state.trainer.skippedSteps must be <= the steps, ${step}, was ${skippedSteps}.`],
    [
      skippedInARow <= skippedSteps,
      `state.trainer.skippedInARow must be <= skippedSteps, ${skippedSteps}, was ${skippedInARow}.`,
    ],
    perTerm('lastLosses', lastLosses),
    perTerm('lastNorms', lastNorms ?? lastLosses),
    ...Object.entries(adamwSteps).flatMap(([name, steps]): [boolean, string][] => [
      [model.parameters.has(name), `state.trainer.adamwSteps names "${name}", which the model has not.`],
      [steps <= step, `state.trainer.adamwSteps of "${name}" must be <= the steps, ${step}, was ${steps}.`],
    ]),
    [cursor === windows, `state.cursor must be ${windows}, the windows of ${step} steps, was ${cursor}.`],
    [
      isTimed === (seconds !== undefined),
      `state.seconds must be there ${isTimed ? '' : 'only '}where training.minutes is.`,
    ],
  ];
}

/** A weight for each parameter, two moments for each that AdamW has counted, and nothing else. */
function refuseOtherTensors(checkpoint: Checkpoint, { adamwSteps }: TrainerState, { model }: TrainerParts): void {
  const expected = new Set<string>();
  for (const [name, { shape }] of model.parameters) {
    const moments = Object.hasOwn(adamwSteps, name) ? [`adamw.1/${name}`, `adamw.2/${name}`] : [];
    for (const each of [`model/${name}`, ...moments]) {
      storedTensor(checkpoint, each, shape);
      expected.add(each);
    }
  }
  const other = [...checkpoint.tensors.keys()].find((name) => !expected.has(name));
  if (other !== undefined) throw refuse(checkpoint, [`tensor "${other}" belongs to no parameter of its state.`]);
}

function refuseForPlugins(
  checkpoint: Checkpoint,
  { step, weighting, horizonSchedule }: TrainerState,
  parts: TrainerParts,
): void {
  const { settings, model, terms } = parts;
  const at = { step: Math.min(step, settings.steps - 1), steps: settings.steps };
  const ask = (key: string, name: string, answer: () => unknown): void => {
    try {
      answer();
    } catch (cause) {
      const whole = cause instanceof Error ? cause.message : String(cause);
      // A plugin's own words may hold the state itself, however long it is.
      const why = whole.length > MOST_WORDS ? `${whole.slice(0, MOST_WORDS)} ...` : whole;
      const said = /[.?!]$/.test(why) ? why : `${why}.`;
      throw refuse(checkpoint, [`state.trainer.${key} must be one that "${name}" can go on from, but: ${said}`], cause);
    }
  };
  const names = { weighting: settings.weighting.name, schedule: settings.horizonSchedule.name };
  ask('weighting', names.weighting, () =>
    checkedWeights(parts.weighting.now(weighting, at), { name: names.weighting, numTerms: terms.length, step }),
  );
  ask('horizonSchedule', names.schedule, () =>
    checkedHorizon(parts.horizonSchedule.now(horizonSchedule, at), {
      name: names.schedule,
      full: model.dims.horizon,
      step,
    }),
  );
}

const placeOf = (path: readonly (string | number)[]): string =>
  path.reduce<string>((place, key) => (typeof key === 'number' ? `${place}[${key}]` : `${place}.${key}`), 'state');

function refuse({ path }: Checkpoint, all: readonly string[], cause?: unknown): ForetokenError {
  const more = all.length > MOST_SAID ? ` And ${all.length - MOST_SAID} more.` : '';
  return new ForetokenError(
    'FILE_CORRUPT',
    `${path} holds no state that this run can go on from: ${all.slice(0, MOST_SAID).join(' ')}${more} ` +
      'Delete it to go on with --resume from the checkpoint before it, or from the first step where there is none; or start the run anew in another folder.',
    { cause },
  );
}
