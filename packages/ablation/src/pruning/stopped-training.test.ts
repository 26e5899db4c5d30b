// A training that is stopped at rungs and goes on, by the real trainer: what pruning stands on.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadExperiment } from '@foretoken/core';
import { type HeldOutLoss, trainRun, trainUntil } from '@foretoken/core/training';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createForetokenHost } from '../host.ts';
import { folderOfText } from '../plan/planning.fixture.ts';

const experiment = `
formatVersion: 1
name: stopped
data: { dataset: { name: text-files, include: ["text/*.ts"] }, context: 32 }
model: { trunk: { name: transformer, width: 16, layers: 4, attentionHeads: 2 }, head: { name: parallel, horizon: 2 } }
training: { steps: 12, batch: 2, checkpointEvery: 5, validateEvery: 3, validationWindows: 2, weighting: uncertainty }
`;

let host: Awaited<ReturnType<typeof createForetokenHost>>;
let folder: string;
let open: Awaited<ReturnType<typeof loadExperiment>>;
beforeAll(async () => {
  host = await createForetokenHost();
  folder = await folderOfText(experiment);
  open = await loadExperiment(path.join(folder, 'ablation.yaml'), { plugins: host.plugins });
});
afterAll(() => host.dispose());

const options = (run: string) => ({
  ...{ directory: path.join(folder, 'runs', run), baseDirectory: open.baseDirectory, resume: 'auto' as const },
});
const until = (run: string, share: number) => trainUntil(host, open.experiment, { ...options(run), share });

/** Lines of the metrics without what a clock wrote. */
async function metricsOf(run: string): Promise<{ step: number; validation?: { losses: number[] } }[]> {
  const text = await readFile(path.join(options(run).directory, 'metrics.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => ({ ...JSON.parse(line), seconds: 0 }));
}

/** Weights, moments, counters and state of plugins at the end, as bytes. */
async function lastCheckpoint(run: string): Promise<{ name: string; bytes: string }> {
  const checkpoints = path.join(options(run).directory, 'checkpoints');
  const name = (await readdir(checkpoints)).sort().at(-1)!;
  return { name, bytes: (await readFile(path.join(checkpoints, name))).toString('base64') };
}

it('a training stopped at two rungs ends in the bits and the metrics of one that was never stopped', async () => {
  const { timings: _, peakBytes: __, ...quiet } = await trainRun(host, open.experiment, options('quiet'));
  const reached: HeldOutLoss[] = [];
  // A third of 12 steps is step 4; the next validation is at 6.
  for (const share of [0.25, 1 / 3]) reached.push(await until('stopped', share));
  expect(await metricsOf('stopped')).toHaveLength(6);
  const { timings: ___, peakBytes: ____, ...stopped } = await trainRun(host, open.experiment, options('stopped'));

  expect(stopped).toEqual(quiet);
  const rows = await metricsOf('quiet');
  expect(await metricsOf('stopped')).toEqual(rows);
  expect(await lastCheckpoint('stopped')).toEqual(await lastCheckpoint('quiet'));
  expect((await lastCheckpoint('stopped')).name).toBe('step-00000012.safetensors');
  const dataHash = quiet.data.contentHash;
  expect(reached).toEqual([
    { step: 3, steps: 12, nats: rows[2].validation!.losses[0], dataHash },
    { step: 6, steps: 12, nats: rows[5].validation!.losses[0], dataHash },
  ]);
  // What a run is past is read, whether it is finished or not.
  expect(await until('quiet', 0.25)).toEqual(reached[0]);
  expect(await until('quiet', 1)).toEqual({ step: 12, steps: 12, nats: rows[11].validation!.losses[0], dataHash });
});

it('a run that is past a rung and not finished is not trained for it', async () => {
  const later = await until('half', 0.5);
  const before = await metricsOf('half');
  expect(await until('half', 0.25)).toMatchObject({ step: 3, steps: 12, nats: before[2].validation!.losses[0] });
  expect(await metricsOf('half')).toEqual(before);
  expect(later.step).toBe(6);
});

it('under match: flops a rung is a share of the arm’s own number of steps', async () => {
  const overrides = [{ path: 'model.match', value: 'flops' }];
  const own = await loadExperiment(path.join(folder, 'ablation.yaml'), { plugins: host.plugins, overrides });
  const at = await trainUntil(host, own.experiment, { ...options('flops'), share: 0.5 });
  const { steps } = await trainRun(host, own.experiment, options('flops'));
  expect(steps).toBeLessThan(12);
  expect(at.steps).toBe(steps);
  // 3 of 12 steps, scaled along.
  const every = Math.round((3 * steps) / 12);
  expect(at.step).toBe(Math.min(steps, Math.ceil(steps / 2 / every) * every));
  const finished = await trainUntil(host, own.experiment, { ...options('flops'), share: 0.5 });
  expect(finished).toEqual(at);
});

it('the time of a training is that of all its steps, whoever took them', async () => {
  const { timings, tokens } = await trainRun(host, open.experiment, options('stopped'));
  const text = await readFile(path.join(options('stopped').directory, 'metrics.jsonl'), 'utf8');
  const seconds = text
    .trimEnd()
    .split('\n')
    .reduce((sum, line) => sum + JSON.parse(line).seconds, 0);
  expect(timings).toEqual({ seconds, tokensPerSecond: tokens / seconds });
});

it('one that ends by the clock has no share of its steps to stop at', async () => {
  const timed = { ...open.experiment, training: { ...open.experiment.training, minutes: 1 } };
  await expect(trainUntil(host, timed, { ...options('timed'), share: 0.5 })).rejects.toThrow(
    /^CONFIG_CONFLICT: .*clock/,
  );
});

it('a summary that was edited is refused, and made anew from the last checkpoint where it is removed', async () => {
  const { timings: _, peakBytes: __, ...before } = await trainRun(host, open.experiment, options('edited'));
  const file = path.join(options('edited').directory, 'summary.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace('"steps": 12', '"steps": 13'));
  const again = () => trainRun(host, open.experiment, options('edited'));
  await expect(again()).rejects.toThrow(/^FILE_CORRUPT: .*summary\.json was changed/);
  await rm(file);
  const { timings: ___, peakBytes: ____, ...after } = await again();
  expect(after).toEqual(before);
});

it('a finished run whose metrics are gone says what to do', async () => {
  await trainRun(host, open.experiment, options('bare'));
  const file = path.join(options('bare').directory, 'metrics.jsonl');
  await writeFile(file, '');
  await expect(until('bare', 0.5)).rejects.toThrow(
    /^FILE_CORRUPT: .*metrics.jsonl was changed after the training ended.*remove the folder/,
  );
});
