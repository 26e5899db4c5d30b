import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Experiment, type Host, hashJson } from '@foretoken/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emptyFolder, madeExperiment, writeRunFolder } from '../catalogue/run-folders.fixture.ts';
import { createLaboratory } from './laboratory.ts';

/** A host that nothing may be trained or measured with. */
const host = {
  plugins: {},
  openRun: () => Promise.reject(new Error('a run was opened')),
} as unknown as Host;

const experiment = madeExperiment({ steps: 200 }) as unknown as Experiment;
const laboratory = createLaboratory(host);
const onProgress = (): never => {
  throw new Error('nothing is done');
};

let directory: string;
beforeEach(() => {
  directory = emptyFolder();
  writeRunFolder(directory, { steps: 200, loss: 2 });
  const file = path.join(directory, 'summary.json');
  const { formatVersion, contentHash: _, ...summary } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...summary, contentHash: hashJson(summary), formatVersion }));
  writeFileSync(path.join(directory, 'data-manifest.json'), JSON.stringify({ formatVersion: 2, contentHash: 'f13e' }));
});
afterEach(() => rmSync(directory, { recursive: true }));

const options = () => ({ directory, baseDirectory: directory, onProgress });

test('a training that is finished gives its facts, and is not done again', async () => {
  expect(await laboratory.train(experiment, options())).toMatchObject({ steps: 200, tokens: 200 * 1024 });
});

test('what a finished training’s validation gave on the way is given in bits', async () => {
  // Validated every 100 steps: a share of .6 stops at the second, which wrote half of the loss of 2 nats.
  expect(await laboratory.trainUntil(experiment, { ...options(), share: 0.6 })).toEqual({
    ...{ step: 200, steps: 200, dataHash: 'f13e' },
    bits: 1 / Math.LN2,
  });
});

test('a validation that was not finite is no number of bits, and one that is missing is said', async () => {
  const metrics = path.join(directory, 'metrics.jsonl');
  const infinite = JSON.stringify({ formatVersion: 2, step: 200, validation: { losses: [null, 1] } });
  writeFileSync(metrics, `${infinite}\n`);
  expect(await laboratory.trainUntil(experiment, { ...options(), share: 1 })).toMatchObject({ step: 200, bits: null });
  await expect(laboratory.trainUntil(experiment, { ...options(), share: 0.5 })).rejects.toThrow(
    `FILE_CORRUPT: ${metrics} has no held-out loss of step 100`,
  );
});

test('evals open the run that they measure', async () => {
  await expect(laboratory.evaluate(experiment, { ...options(), trainedAs: experiment, onProgress })).rejects.toThrow(
    'a run was opened',
  );
});
