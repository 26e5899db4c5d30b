import { type Engine, openEngine } from '@foretoken/engine';
import { isForetokenError } from '@foretoken/engine/errors';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Checkpoint } from '../checkpoints/checkpoint-store.ts';
import type { StoredTensor } from '../checkpoints/safetensors.ts';
import type { Json } from '../contracts/json.ts';
import type { TrainableModel } from '../model/build-model.ts';
import { backwardOf } from './backward/backward-of.ts';
import { TINY_SETTINGS, tinyBatches, tinyModel } from './tiny-model.fixture.ts';
import { Trainer } from './trainer.ts';
import { restoreModel, restoreTrainer } from './trainer-checkpoint.ts';

const FILE = '/run/checkpoints/step-00000002.safetensors';
const TERMS = ['offset-1', 'offset-2', 'offset-3'];
const PARAMETER = 'trunk/embedding';

/** A JSON object that a test may break. */
type Loose = { [key: string]: Json };

let engine: Engine;
let model: TrainableModel;
let trainer: Trainer;
let saved: Checkpoint;

/** A training whose weighting and schedule read their state; nothing here checks that state but what is under test. */
function newTrainer(minutes?: number): Trainer {
  return new Trainer({
    ...{ engine, model, terms: TERMS, backward: backwardOf('sequential') },
    settings: { ...TINY_SETTINGS, ...(minutes !== undefined && { minutes }) },
    weighting: {
      start: () => ({ weights: [1, 1, 1] }),
      now: (state) => (state as { weights: number[] }).weights.map((weight) => weight / 2),
    },
    horizonSchedule: { start: () => ({ horizon: 3 }), now: (state) => (state as { horizon: number }).horizon },
  });
}

function step(seed: number): void {
  const { batches, dispose } = tinyBatches([seed, seed + 1]);
  try {
    trainer.run(batches);
  } finally {
    dispose();
  }
}

/** Every tensor of the trainer as it is now. */
function tensorsNow(): Map<string, StoredTensor> {
  return new Map(
    [...trainer.tensors()].map(([name, tensor]) => [
      name,
      { dtype: 'F32', shape: tensor.shape, data: Float32Array.from(tensor.dataSync()) } as const,
    ]),
  );
}

/** The bits of every tensor of the trainer. */
const bitsNow = (): Buffer =>
  Buffer.concat(
    [...trainer.tensors().values()].map((tensor) => Buffer.from(Float32Array.from(tensor.dataSync()).buffer)),
  );

const copyOf = (state: Json): Loose => structuredClone(state) as Loose;
const of = (state: Loose): Loose => state.trainer as Loose;

beforeAll(async () => {
  engine = await openEngine({ name: 'wasm' });
  model = tinyModel(engine);
  trainer = newTrainer();
  step(0);
  step(2);
  const state = JSON.parse(JSON.stringify({ trainer: trainer.state(), cursor: 4 }));
  saved = { path: FILE, step: 2, configHash: 'same', tensors: tensorsNow(), state };
});
afterAll(() => {
  trainer.dispose();
  model.dispose();
  expect(engine.memory().numTensors).toBe(0);
});

/** What refuses a checkpoint; the trainer must be as it was, to the bit, with no tensor more. */
function refusal(checkpoint: Checkpoint, to: Trainer = trainer): { code: string; message: string } | undefined {
  const before = { state: JSON.stringify(to.state()), bits: bitsNow(), count: engine.memory().numTensors };
  try {
    restoreTrainer(to, checkpoint);
    return undefined;
  } catch (error) {
    if (!isForetokenError(error)) throw error;
    expect(JSON.stringify(to.state())).toBe(before.state);
    expect(bitsNow().equals(before.bits)).toBe(true);
    expect(engine.memory().numTensors).toBe(before.count);
    return { code: error.code, message: error.message };
  }
}

test('a state as it was saved is taken, as is one of a version that kept no norms', () => {
  expect(restoreTrainer(trainer, saved)).toMatchObject({ cursor: 4 });
  const older = copyOf(saved.state);
  delete of(older).lastNorms;
  expect(refusal({ ...saved, state: older })).toBeUndefined();
});

describe('a state is refused by its place, with what it must be and what to do', () => {
  const breakdown = { step: 1, what: ['loss'], isOfBefore: false };
  const cases: readonly (readonly [place: string, says: string, change: (state: Loose) => void])[] = [
    ['state.trainer', 'is required', (state) => delete state.trainer],
    ['state.trainer', 'must be a mapping', (state) => (state.trainer = [])],
    ['state.cursor', 'is required', (state) => delete state.cursor],
    ['state.cursor', 'must be an integer', (state) => (state.cursor = '4')],
    ['state.cursor', 'must be >= 0', (state) => (state.cursor = -4)],
    ['state.cursor', 'must be 4, the windows of 2 steps, was 6', (state) => (state.cursor = 6)],
    ['state.cursor', 'must be <= 9007199254740991', (state) => (state.cursor = 2 ** 60)],
    ['state.seconds', 'must be there only where training.minutes is', (state) => (state.seconds = 1)],
    ['state.seconds', 'must be a finite number', (state) => (state.seconds = null)],
    ['state.trainer.step', 'must be that of its header, 2, was 1', (state) => (of(state).step = 1)],
    ['state.trainer.step', 'must be an integer, was 1.5', (state) => (of(state).step = 1.5)],
    ['state.trainer.skippedSteps', 'must be <= the steps, 2, was 3', (state) => (of(state).skippedSteps = 3)],
    ['state.trainer.skippedInARow', 'must be <= skippedSteps, 0, was 1', (state) => (of(state).skippedInARow = 1)],
    ['state.trainer.breakdown', 'must be a mapping, was "bad"', (state) => (of(state).breakdown = 'bad')],
    [
      'state.trainer.breakdown.what',
      'must not be empty',
      (state) => (of(state).breakdown = { ...breakdown, what: [] }),
    ],
    [
      'state.trainer.breakdown.before.loss',
      'must be a finite number, was null',
      (state) =>
        (of(state).breakdown = { ...breakdown, before: { step: 1, loss: null, gradientNorm: 1, learningRate: 1 } }),
    ],
    ['state.trainer.lastLosses', 'must be a list', (state) => (of(state).lastLosses = { length: 3 })],
    ['state.trainer.lastLosses', 'must have 3 entries', (state) => (of(state).lastLosses = [1, 2])],
    [
      'state.trainer.lastLosses[1]',
      'must be a finite number, was null',
      (state) => (of(state).lastLosses = [1, null, 1]),
    ],
    ['state.trainer.lastNorms', 'must have 3 entries', (state) => (of(state).lastNorms = [])],
    ['state.trainer.weighting', 'is required', (state) => delete of(state).weighting],
    ['state.trainer.weighting', 'must be one that "uniform" can go on from', (state) => (of(state).weighting = null)],
    [
      'state.trainer.weighting',
      'weights must be 3 finite numbers',
      (state) => (of(state).weighting = { weights: [1] }),
    ],
    [
      'state.trainer.weighting',
      'were [NaN,0.5,0.5]',
      (state) => (of(state).weighting = { weights: [{ valueOf: 1 }, 1, 1] }),
    ],
    ['state.trainer.horizonSchedule', 'a horizon is an integer in 1..3', (state) => (of(state).horizonSchedule = {})],
    ['state.trainer.horizonSchedule', 'was 7 at step 2', (state) => (of(state).horizonSchedule = { horizon: 7 })],
    ['state.trainer.adamwSteps', 'must be a mapping', (state) => (of(state).adamwSteps = [2])],
    [
      `state.trainer.adamwSteps`,
      'names "head/other", which the model has not',
      (state) => ((of(state).adamwSteps as Loose)['head/other'] = 1),
    ],
    [
      'state.trainer.adamwSteps',
      `of "${PARAMETER}" must be <= the steps, 2, was 3`,
      (state) => ((of(state).adamwSteps as Loose)[PARAMETER] = 3),
    ],
    [
      `state.trainer.adamwSteps.${PARAMETER}`,
      'must be >= 1, was 0',
      (state) => ((of(state).adamwSteps as Loose)[PARAMETER] = 0),
    ],
    ['tensor "adamw.1', 'belongs to no parameter', (state) => delete (of(state).adamwSteps as Loose)[PARAMETER]],
  ];

  test.each(cases)('%s %s', (place, says, change) => {
    const state = copyOf(saved.state);
    change(state);
    const { code, message } = refusal({ ...saved, state })!;
    expect(code).toBe('FILE_CORRUPT');
    expect(message).toContain(`${FILE} holds no state that this run can go on from: ${place}`);
    expect(message).toContain(says);
    expect(message).toMatch(
      /\. Delete it to go on with --resume from the checkpoint before it, or from the first step where there is none; /,
    );
  });

  test.each<{ state: Json }>([null, true, 3, 'state', [], {}].map((state) => ({ state })))(
    'all of it was $state',
    ({ state }) => {
      expect(refusal({ ...saved, state })).toMatchObject({ code: 'FILE_CORRUPT' });
    },
  );

  test('five problems and the number of further ones', () => {
    const state = copyOf(saved.state);
    const wrong = Object.keys(of(state).adamwSteps as Loose);
    of(state).adamwSteps = Object.fromEntries(wrong.map((name) => [name, 9]));
    const { message } = refusal({ ...saved, state })!;
    expect(message.match(/must be <= the steps/g)).toHaveLength(5);
    expect(message).toContain(` And ${wrong.length - 5} more. Delete it`);
  });

  test('the seconds of a training that ends by the clock', () => {
    const timed = newTrainer(1);
    expect(refusal(saved, timed)!.message).toContain('state.seconds must be there where training.minutes is.');
    const state = { ...copyOf(saved.state), seconds: 2.5 };
    expect(restoreTrainer(timed, { ...saved, state })).toMatchObject({ seconds: 2.5 });
    timed.dispose();
  });
});

describe('tensors that do not belong to the state are refused before any is put back', () => {
  const name = `adamw.2/${PARAMETER}`;
  const cases: readonly (readonly [
    what: string,
    code: string,
    says: string,
    change: (t: Map<string, StoredTensor>) => void,
  ])[] = [
    ['a moment that is missing', 'CHECKPOINT_MISMATCH', `has no tensor "${name}"`, (t) => t.delete(name)],
    [
      'a weight that is missing',
      'CHECKPOINT_MISMATCH',
      `has no tensor "model/${PARAMETER}"`,
      (t) => t.delete(`model/${PARAMETER}`),
    ],
    ['one more', 'FILE_CORRUPT', 'tensor "other" belongs to no parameter', (t) => t.set('other', t.get(name)!)],
    [
      'another shape',
      'FILE_CORRUPT',
      'must be F32 [11,8], was F32 [8,11]',
      (t) => t.set(name, { ...t.get(name)!, shape: [8, 11] }),
    ],
    [
      'another type',
      'FILE_CORRUPT',
      'must be F32 [11,8], was I32 [11,8]',
      (t) => t.set(name, { dtype: 'I32', shape: [11, 8], data: new Int32Array(88) }),
    ],
  ];

  test.each(cases)('%s', (_, code, says, change) => {
    const tensors = new Map(saved.tensors);
    change(tensors);
    const found = refusal({ ...saved, tensors })!;
    expect(found.code).toBe(code);
    expect(found.message).toContain(FILE);
    expect(found.message).toContain(says);
  });

  test('a weight of another type is no weight for a model that is only read', () => {
    const tensors = new Map(saved.tensors).set(`model/${PARAMETER}`, {
      ...{ dtype: 'U8', shape: [11, 8], data: new Uint8Array(88) },
    } as StoredTensor);
    expect(() => restoreModel(model, { ...saved, tensors })).toThrow(/FILE_CORRUPT: .*must be F32, was U8 \[11,8\]/);
  });
});

/** Every place in a JSON value, as keys from its root. */
function placesIn(value: Json, place: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [place];
  return [place, ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner as Json, [...place, key]))];
}

/** A copy with another value at a place; undefined: with nothing there. */
function changedAt(value: Json, [key, ...rest]: readonly string[], instead: Json | undefined): Json | undefined {
  if (key === undefined) return instead;
  const copy = copyOf(value);
  const inner = changedAt(copy[key], rest, instead);
  if (inner !== undefined) copy[key] = inner;
  else if (Array.isArray(copy)) copy.splice(Number(key), 1);
  else delete copy[key];
  return copy;
}

const hostile = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom<Json>(null, true, '', '2', -1, 0.5, 2 ** 53, 1e308, [], {}, [[]], { length: 3 }, 'x'.repeat(10_000)),
  fc.jsonValue({ maxDepth: 4 }).map((value) => value as Json),
);

test('whatever stands at any place: it is refused by code and file, or taken and trained on', () => {
  // One parameter's count stands for all of them.
  const places = placesIn(saved.state).filter((place) => !place[2]?.includes('/') || place[2] === PARAMETER);
  const counts = { refused: 0, taken: 0 };
  fc.assert(
    fc.property(fc.constantFrom(...places), hostile, (place, instead) => {
      const state = changedAt(saved.state, place, instead) ?? null;
      const found = refusal({ ...saved, state });
      counts[found ? 'refused' : 'taken']++;
      if (found) {
        expect(['FILE_CORRUPT', 'CHECKPOINT_MISMATCH']).toContain(found.code);
        expect(found.message).toContain(FILE);
        expect(found.message.length).toBeLessThan(2000);
        return;
      }
      const { lastNorms = [0, 0, 0], ...taken } = of(state as Loose);
      expect(trainer.state()).toMatchObject({ ...taken, lastNorms } as object);
      step(4);
    }),
    {
      numRuns: 200,
      // Found once: a value of any length was said whole.
      examples: [[['trainer', 'horizonSchedule', 'horizon'], 'x'.repeat(10_000)]],
    },
  );
  // Both kinds must have been tried, or one half of what is said above was not.
  expect(Math.min(counts.refused, counts.taken)).toBeGreaterThan(5);
});
