import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, openEngine, tf } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CheckpointStore, loadCheckpoint } from '../../checkpoints/checkpoint-store.ts';
import type { Experiment } from '../../config/experiment.ts';
import type { Json } from '../../contracts/json.ts';
import type { Weighting } from '../../contracts/training.ts';
import type { PreparedData } from '../../data/prepare.ts';
import { JsonLinesLog } from '../../files/json-lines-log.ts';
import { temporaryFolder } from '../../files/temporary-folder.fixture.ts';
import { defineHead } from '../../plugins/define.ts';
import type { RunState } from '../saved-state.ts';
import { CONTEXT, counting, HORIZON, TINY_SETTINGS, tinyModel } from '../tiny-model.fixture.ts';
import { TrainingLoop } from '../training-loop.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'wasm' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

interface Options {
  /** Steps, from 1, in which offset 2 is not a number. */
  readonly isBad?: (step: number) => boolean;
  readonly onStep?: (step: number, run: Run) => void;
  readonly signal?: AbortSignal;
  readonly steps?: number;
  readonly checkpointEvery?: number;
  readonly learn?: (state: Json) => Json;
}
type Run = Awaited<ReturnType<typeof open>>;

/** A loop over a folder's log and checkpoints, resumed if there is one. */
async function open(folder: string, options: Options = {}) {
  const { isBad = () => false, signal, steps = 20, checkpointEvery = 3, learn = (state) => state } = options;
  let done = 0;
  const head = defineHead({
    name: 'fragile',
    create: ({ ops, param }) => {
      const gain = param('gain', [1], { kind: 'ones' });
      return {
        forward: (offset, { trunk: [hidden_BTD] }) =>
          ops.mul(hidden_BTD, offset === 2 && isBad(done + 1) ? ops.mul(gain, Number.NaN) : gain),
      };
    },
  });
  const model = tinyModel(engine, { head });
  const metrics = await JsonLinesLog.open(join(folder, 'metrics.jsonl'));
  const checkpoints = await CheckpointStore.open(join(folder, 'checkpoints'), { configHash: 'same' });
  const training = { ...TINY_SETTINGS, steps, checkpointEvery, validateEvery: 100 };
  const loop = new TrainingLoop({
    ...{ experiment: { seed: 3, training } as unknown as Experiment, model, metrics, checkpoints, signal },
    weighting: { start: () => 0, now: () => [1, 1, 1], learn } as Weighting,
    horizonSchedule: { start: () => 0, now: () => HORIZON },
    data: { train: counting, validation: counting } as PreparedData,
    onProgress: ({ step }) => {
      done = step;
      options.onStep?.(step, run);
    },
  });
  const close = async () => {
    loop.dispose();
    model.dispose();
    await metrics.close();
  };
  const run = { loop, model, checkpoints, close };
  if (!(await checkpoints.isEmpty())) {
    const last = await checkpoints.latest();
    await loop.resume(await checkpoints.load(last.path));
    done = last.step;
  }
  return run;
}

const bitsOf = ({ loop }: Pick<Run, 'loop'>) =>
  [...loop.trainer.tensors()].map(([name, tensor]) => [name, Buffer.from(Float32Array.from(tensor.dataSync()).buffer)]);

const rowsOf = (folder: string): Record<string, unknown>[] =>
  readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Every file of the checkpoints' folder with its bytes. */
const filesOf = (folder: string) =>
  readdirSync(join(folder, 'checkpoints')).map((name) => [name, readFileSync(join(folder, 'checkpoints', name))]);

async function messageOf(run: Run): Promise<string> {
  const message = await run.loop.run().then(
    () => 'nothing was thrown',
    (error: Error) => error.message,
  );
  await run.close();
  return message;
}

describe('ten bad steps in a row', () => {
  test('stop a run with what broke first, the last good step, the last checkpoint and what to do', async () => {
    const folder = temporaryFolder();
    const seen: ReturnType<typeof bitsOf>[] = [];
    const run = await open(folder, { isBad: (step) => step >= 5, onStep: (_, each) => seen.push(bitsOf(each)) });
    const message = await messageOf(run);
    const last = join(folder, 'checkpoints', 'step-00000012.safetensors');
    const good = rowsOf(folder)[3];
    const number = (value: unknown) => String(Number((value as number).toPrecision(4)));
    expect(message).toMatch(
      /^TRAINING_DIVERGED: training: fewer than 10 steps in a row may be skipped .* steps 5 to 14 were\. It began at step 5: /,
    );
    expect(message).toContain(
      'It began at step 5: not finite was the loss of offset-2 (NaN); not finite were the gradients of ',
    );
    expect(message).toContain(
      `The last good step was 4: loss ${number(good.loss)}, gradient norm ${number(good.gradientNorm)}, learning rate ${number(good.learningRate)}.`,
    );
    expect(message).toContain(`The last checkpoint, step 12 with the weights of step 4, is ${last}.`);
    expect(message).toContain('Train in another folder with a lower training.learningRate (was 0.01)');
    // Every bad step has its line, and took its windows.
    const rows = rowsOf(folder);
    expect(rows.map(({ skipped }) => skipped)).toEqual(Array.from({ length: 14 }, (_, i) => i >= 4));
    expect(rows.map(({ tokens }) => tokens)).toEqual(rows.map((_, i) => (i + 1) * TINY_SETTINGS.batch * CONTEXT));
    expect(rows.map(({ notFinite }) => notFinite !== undefined)).toEqual(rows.map((_, i) => i === 4));
    for (const bits of seen.slice(4)) expect(bits).toEqual(seen[3]);
    const saved = await loadCheckpoint(last);
    expect([...saved.tensors].map(([name, { data }]) => [name, Buffer.from(data.buffer)])).toEqual(
      expect.arrayContaining(seen[3]),
    );
  });

  test('are told from their first one on where the run was stopped between them', async () => {
    const folder = temporaryFolder();
    const controller = new AbortController();
    const onStep = (step: number) => step === 7 && controller.abort();
    const isBad = (step: number) => step >= 5;
    expect(await messageOf(await open(folder, { isBad, onStep, signal: controller.signal }))).toMatch(/^INTERRUPTED/);
    const message = await messageOf(await open(folder, { isBad }));
    expect(message).toMatch(
      /steps 5 to 14 were\. It began at step 5: .*offset-2 \(NaN\).* The last good step was 4: loss /,
    );
  });

  test('from the first step on leave no good step, and no checkpoint to name', async () => {
    const message = await messageOf(await open(temporaryFolder(), { isBad: () => true, checkpointEvery: 100 }));
    expect(message).toMatch(
      /steps 1 to 10 were\..* The largest weight was .*, in ".*"\. No step was good\. No checkpoint was saved\./,
    );
  });

  test('are not nine, a good one and nine', async () => {
    const run = await open(temporaryFolder(), { isBad: (step) => step !== 10 && step < 20 });
    expect(await messageOf(run)).toBe('nothing was thrown');
  });
});

test('a run with a bad step ends as one that went on after it from where its cursor was', async () => {
  const [folder, other] = [temporaryFolder(), temporaryFolder()];
  const run = await open(folder, { isBad: (step) => step === 5, steps: 9, checkpointEvery: 4 });
  await run.loop.run();
  const twin = await open(other, { steps: 9, checkpointEvery: 4 });
  await twin.loop.run(4);
  const { tensors, state } = await twin.checkpoints.load((await twin.checkpoints.latest()).path);
  const { trainer, cursor } = state as unknown as RunState;
  const moved: RunState = { trainer: { ...trainer, step: 5, skippedSteps: 1 }, cursor: cursor + TINY_SETTINGS.batch };
  await twin.close();
  const store = await CheckpointStore.open(join(other, 'checkpoints'), { configHash: 'same' });
  await store.save({ step: 5, tensors, state: moved as unknown as Json });
  // With the row of the bad step.
  copyFileSync(join(folder, 'metrics.jsonl'), join(other, 'metrics.jsonl'));
  const undisturbed = await open(other, { steps: 9, checkpointEvery: 4 });
  await undisturbed.loop.run();
  expect(bitsOf(run)).toEqual(bitsOf(undisturbed));
  expect(run.loop.trainer.state()).toEqual(undisturbed.loop.trainer.state());
  for (const each of [run, undisturbed]) await each.close();
});

describe('nothing that is not finite is saved', () => {
  const spoil = (run: Run, name: string, value: number) => {
    const tensor = run.loop.trainer.tensors().get(name)!;
    const values = Float32Array.from(tensor.dataSync());
    values[values.length - 1] = value;
    const { shape } = tensor;
    const kept = new Map([...run.loop.trainer.tensors()].map(([key, each]) => [key, tf.clone(each)]));
    run.loop.trainer.restore(run.loop.trainer.state(), (key) => {
      if (key !== name) return kept.get(key)!;
      kept.get(key)!.dispose();
      return tf.tensor(values, shape);
    });
  };

  const atCheckpoint = { when: 'at a checkpoint', at: 6, options: { steps: 20 } };
  const atEnd = { when: 'at the end', at: 5, options: { steps: 5 } };
  const atStop = { when: 'on an interruption', at: 4, options: { steps: 20, stops: true } };
  const cases = [
    { ...atCheckpoint, what: 'model/trunk/embedding', value: Number.NaN },
    { ...atCheckpoint, what: 'adamw.2/trunk/blocks.0.query', value: Number.POSITIVE_INFINITY },
    { ...atEnd, what: 'model/readout/unembedding', value: Number.POSITIVE_INFINITY },
    { ...atEnd, what: 'adamw.1/head/gain', value: Number.NEGATIVE_INFINITY },
    { ...atStop, what: 'model/head/gain', value: Number.NEGATIVE_INFINITY },
    { ...atStop, what: 'adamw.2/trunk/embedding', value: Number.NaN },
  ];

  test.each(cases)('$when: $value in $what', async ({ options, at, what, value }) => {
    const folder = temporaryFolder();
    const controller = new AbortController();
    let before: ReturnType<typeof filesOf> = [];
    const onStep = (step: number, run: Run) => {
      if (step !== at) return;
      before = filesOf(folder);
      spoil(run, what, value);
      if ('stops' in options) controller.abort();
    };
    const run = await open(folder, { ...options, onStep, signal: controller.signal });
    const message = await messageOf(run);
    expect(message).toMatch(/^CHECKPOINT_NOT_FINITE: checkpoint .*: every value must be finite, but tensor "/);
    expect(message).toContain(
      `step-0000000${at}.safetensors: every value must be finite, but tensor "${what}" was ${value} at [`,
    );
    expect(before.map(([name]) => name)).toEqual(['step-00000003.safetensors']);
    expect(filesOf(folder)).toEqual(before);
  });

  test('nor is a state of a plugin that JSON would turn into null', async () => {
    const folder = temporaryFolder();
    const learn = () => ({ means: [1, Number.NaN] });
    const message = await messageOf(await open(folder, { learn }));
    expect(message).toMatch(
      /^CHECKPOINT_NOT_FINITE: checkpoint .*, but state\.trainer\.weighting\.means\[1\] was NaN\./,
    );
    expect(filesOf(folder)).toEqual([]);
  });
});
