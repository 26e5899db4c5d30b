import 'reflect-metadata';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TrainableModel } from '@foretoken/core/model';
import { TOKENS } from '@foretoken/core/tsyringe';
import { expect, onTestFinished, test } from 'vitest';
import { createApplication, train } from './application.ts';
import { LossBoard } from './loss-board.ts';

async function applicationAndFolder() {
  const directory = mkdtempSync(path.join(tmpdir(), 'foretoken-tsyringe-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const application = await createApplication();
  onTestFinished(async () => application.container.dispose());
  return { application, directory };
}

const readJson = (...names: string[]) => JSON.parse(readFileSync(path.join(...names), 'utf8'));

test('a model trains with the weighting of the container, and the application sees every step', async () => {
  const { application, directory } = await applicationAndFolder();
  const summary = await train(application, directory);
  expect(summary).toMatchObject({ steps: 6, skippedSteps: 0 });
  const { steps } = application.container.resolve(LossBoard);
  expect(steps.map((losses) => losses.length)).toEqual([3, 3, 3, 3, 3, 3]);
  // Random weights know nothing of the 256 bytes, trained ones something: ln 256 = 5.55.
  for (const loss of steps[0]) expect(loss).toBeCloseTo(Math.log(256), 1);
  for (const loss of steps[5]) expect(loss).toBeLessThan(5.5);
});

test('the weights are those that the container’s plugin gave, and the run says whose it is', async () => {
  const { application, directory } = await applicationAndFolder();
  await train(application, directory);
  const [first] = readFileSync(path.join(directory, 'metrics.jsonl'), 'utf8').trim().split('\n');
  expect(JSON.stringify(JSON.parse(first))).toContain('"weights":[1,0.5,0.25]');
  expect(readJson(directory, 'provenance.json').packages['tsyringe-host']).toBe('1.0.0');
});

test('disposing the application’s container frees the model of an open run', async () => {
  const { application, directory } = await applicationAndFolder();
  await train(application, directory);
  const run = await application.host.openRun(readJson(directory, 'experiment.json'), directory);
  const model = await run.services.resolve<Promise<TrainableModel>>(TOKENS.model);
  expect(model.parameters.size).toBeGreaterThan(0);
  await application.container.dispose();
  expect(model.parameters.size).toBe(0);
});
