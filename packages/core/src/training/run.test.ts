import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { LanguageModel } from '../contracts/model.ts';
import { readJsonLines } from '../files/json-lines-log.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { readMetrics } from './metrics-rows.ts';
import { evaluateRun, openTrainedRun, trainRun, trainUntil, withTrainedRun } from './run.ts';
import { runPaths } from './run-directory.ts';
import { readRunSummary, writeRunSummary } from './run-summary.ts';
import { TEXT_BYTES, tinyExperiment, tinyHost } from './tiny-run.fixture.ts';
import type { TrainingProgress } from './training-loop.ts';

/** A host, an experiment and a folder to train it in. */
async function tiny({ training = '', directory = join(temporaryFolder(), 'run') } = {}) {
  const host = await tinyHost();
  onTestFinished(() => host.dispose());
  return { host, experiment: tinyExperiment(host, training), location: { directory, baseDirectory: directory } };
}

/** The checkpoint that a run ended with. */
function lastCheckpoint(directory: string): string {
  const file = join(directory, 'checkpoints/step-00000004.safetensors');
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** What a run wrote down of each step, but for what its clock said. */
async function rows(directory: string): Promise<object[]> {
  const all = await readJsonLines(join(directory, 'metrics.jsonl'));
  return all.map(({ seconds: _, ...row }) => row);
}

test('a training says what it did, and once finished is not done again', async () => {
  const { host, experiment, location } = await tiny();
  const steps: number[] = [];
  const onProgress = ({ step }: TrainingProgress) => void steps.push(step);
  const summary = await trainRun(host, experiment, { ...location, onProgress });
  // Steps of 2 forwards of 2 windows of 6 positions.
  expect(summary).toMatchObject({ steps: 4, skippedSteps: 0, tokens: 4 * 2 * 2 * 6 });
  expect(summary.trainingFlops).toBe(summary.tokens * summary.flopsPerToken.training);
  expect(summary.data).toMatchObject({ trainBytes: TEXT_BYTES.train, validationBytes: TEXT_BYTES.validation });
  expect((await rows(location.directory)).map((row) => (row as { step: number }).step)).toEqual([1, 2, 3, 4]);
  expect(steps.at(-1)).toBe(4);
  expect(host.lines).toContain('data: 3 documents, 1 left out (1 empty)');
  steps.length = 0;
  expect(await trainRun(host, experiment, { ...location, onProgress, resume: 'auto' })).toEqual(summary);
  expect(steps).toEqual([]);
});

test('a training keeps as many checkpoints as its configuration says, whose hash says it only then', async () => {
  const { host, experiment, location } = await tiny({ training: 'keepCheckpoints: 3' });
  // Measured at the end alone: the best is the last.
  const training = { ...experiment.training, checkpointEvery: 1, validateEvery: 99 };
  await trainRun(host, { ...experiment, training }, location);
  const kept = readdirSync(join(location.directory, 'checkpoints')).map((name) => Number(/\d+/.exec(name)));
  expect(kept.sort()).toEqual([2, 3, 4]);
  expect(tinyExperiment(host).training).not.toHaveProperty('keepCheckpoints');
});

test('a summary holds the metrics to what they were: all but how long each step took', async () => {
  const { host, experiment, location } = await tiny();
  const { metricsHash } = await trainRun(host, experiment, location);
  const [paths, other] = [runPaths(location.directory), await tiny()];
  expect(await trainRun(other.host, other.experiment, other.location)).toMatchObject({ metricsHash });
  const text = readFileSync(paths.metrics, 'utf8');
  const numRows = (await readMetrics(paths)).length;
  writeFileSync(paths.metrics, text.replaceAll(/"seconds":[^,}]+/g, '"seconds":1'));
  expect(await readMetrics(paths)).toHaveLength(numRows);
  for (const changed of [text.replace(/"loss":\d/, '"loss":9'), text.slice(0, text.lastIndexOf('{')), text + text]) {
    expect(changed).not.toBe(text);
    writeFileSync(paths.metrics, changed);
    await expect(readMetrics(paths)).rejects.toThrow(
      `FILE_CORRUPT: ${paths.metrics} was changed after the training ended: its rows are not those of metricsHash in ${paths.summary}. Restore it, or`,
    );
  }
});

test('a folder that holds another run, or none, is refused', async () => {
  const { host, experiment, location } = await tiny();
  const { directory } = location;
  await expect(trainRun(host, experiment, { ...location, resume: true })).rejects.toThrow(
    `RUN_NOT_FOUND: ${directory} holds no run to resume. Start it without --resume.`,
  );
  await trainRun(host, experiment, location);
  await expect(trainRun(host, experiment, location)).rejects.toThrow(
    `RUN_EXISTS: ${directory} already holds a run. Go on with --resume, or choose another folder.`,
  );
  const other = tinyExperiment(host, 'clip: 2');
  await expect(trainRun(host, other, { ...location, resume: true })).rejects.toThrow(
    `RUN_MISMATCH: ${directory} was started with another configuration; different: training.clip.`,
  );
});

test('a training that was interrupted goes on to the bits of one that was not', async () => {
  const whole = await tiny();
  await trainRun(whole.host, whole.experiment, whole.location);
  const { host, experiment, location } = await tiny();
  const interruption = new AbortController();
  const onProgress = ({ step }: TrainingProgress) => step === 3 && interruption.abort();
  const { signal } = interruption;
  await expect(trainRun(host, experiment, { ...location, signal, onProgress })).rejects.toThrow('INTERRUPTED');
  await trainRun(host, experiment, { ...location, resume: true });
  expect(lastCheckpoint(location.directory)).toEqual(lastCheckpoint(whole.location.directory));
  expect(await rows(location.directory)).toEqual(await rows(whole.location.directory));
});

test('a training stops at the validation after a share of it, and goes on to the bits of one that did not', async () => {
  const whole = await tiny();
  await trainRun(whole.host, whole.experiment, whole.location);
  const { host, experiment, location } = await tiny();
  const steps: number[] = [];
  const onProgress = ({ step }: TrainingProgress) => void steps.push(step);
  const stopped = await trainUntil(host, experiment, { ...location, share: 0.3, onProgress });
  expect(stopped).toMatchObject({ step: 2, steps: 4 });
  expect(steps.at(-1)).toBe(2);
  const [, second] = (await rows(whole.location.directory)) as { validation: { losses: number[] } }[];
  expect(stopped.nats).toBe(second.validation.losses[0]);
  await trainRun(host, experiment, { ...location, resume: true });
  expect(lastCheckpoint(location.directory)).toEqual(lastCheckpoint(whole.location.directory));
  steps.length = 0;
  expect(await trainUntil(host, experiment, { ...location, share: 0.3, onProgress, resume: true })).toEqual(stopped);
  expect(steps).toEqual([]);
});

test('a run whose checkpoints are gone is resumed from the first step, to the same end', async () => {
  const [whole, cut] = [await tiny(), await tiny()];
  await trainRun(whole.host, whole.experiment, whole.location);
  await trainUntil(cut.host, cut.experiment, { ...cut.location, share: 0.5 });
  rmSync(join(cut.location.directory, 'checkpoints'), { recursive: true });
  await trainRun(cut.host, cut.experiment, { ...cut.location, resume: true });
  expect(lastCheckpoint(cut.location.directory)).toBe(lastCheckpoint(whole.location.directory));
  expect(await rows(cut.location.directory)).toEqual(await rows(whole.location.directory));
});

test('a share of a training that is not in its metrics, or that nobody knows, is refused', async () => {
  const { host, experiment, location } = await tiny();
  await trainRun(host, experiment, location);
  const paths = runPaths(location.directory);
  const again = () => trainUntil(host, experiment, { ...location, share: 0.3, resume: true });
  writeFileSync(paths.metrics, '');
  await expect(again()).rejects.toThrow(/^FILE_CORRUPT: .*metrics\.jsonl was changed after the training ended/);
  const { metricsHash: _, ...upgraded } = await readRunSummary(paths);
  await writeRunSummary(paths, upgraded);
  await expect(again()).rejects.toThrow(
    /^FILE_CORRUPT: .*metrics\.jsonl has no held-out loss of step 2, which the run went past/,
  );
  const byClock = tinyExperiment(host, 'minutes: 1');
  await expect(trainUntil(host, byClock, { ...location, share: 0.3 })).rejects.toThrow(
    'CONFIG_CONFLICT: a training that ends',
  );
});

test('evals get the weights of the last checkpoint: their loss is the last that training wrote down', async () => {
  const { host, experiment, location } = await tiny();
  await trainRun(host, experiment, location);
  const outcomes = await evaluateRun(host, experiment, location);
  const { validation } = (await rows(location.directory)).at(-1) as { validation: { losses: number[] } };
  expect(outcomes['held-out'].results.nats).toBeCloseTo(validation.losses[0], 6);
  const used = await withTrainedRun(host, experiment, location, async ({ model, data }) => {
    expect(data.validation.count).toBeGreaterThan(0);
    return weightsOf(model);
  });
  const scope = await openTrainedRun(host, experiment, location);
  expect(weightsOf(await scope.get('model'))).toEqual(used);
  await scope.dispose();
});

test('a run without checkpoints, or on other data, gives no model and leaves no tensor', async () => {
  const { host, experiment, location } = await tiny();
  const { numTensors } = (await host.openEngine({ name: 'wasm' })).memory();
  await expect(openTrainedRun(host, experiment, location)).rejects.toThrow('CHECKPOINT_MISSING');
  await trainRun(host, experiment, location);
  const changed = await tinyHost(['abcdefghij'.repeat(3), 'ABCDEFGHIJ'.repeat(2)]);
  await expect(evaluateRun(changed, experiment, location)).rejects.toThrow(
    `DATA_CHANGED: ${location.directory} was started on other data: of its 3 documents`,
  );
  expect((await host.openEngine({ name: 'wasm' })).memory().numTensors).toBe(numTensors);
});

function weightsOf({ parameters }: LanguageModel): Record<string, number[]> {
  return Object.fromEntries([...parameters].map(([name, tensor]) => [name, [...tensor.dataSync()]]));
}
