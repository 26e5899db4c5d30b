import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TOKENS } from '@foretoken/core';
import type { TrainableModel } from '@foretoken/core/model';
import { describeHeadContract } from '@foretoken/core/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createApplication, train } from './application.ts';
import { GainHead } from './gain-head.ts';

async function hostAndFolder() {
  const directory = mkdtempSync(path.join(tmpdir(), 'foretoken-inversify-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const log = vi.fn();
  const host = await createApplication({ gain: 0.9 }, log);
  onTestFinished(() => host.dispose());
  return { host, directory, log };
}

const readJson = (...names: string[]) => JSON.parse(readFileSync(path.join(...names), 'utf8'));

test('a model trains with a head whose class had its services injected', async () => {
  const { host, directory, log } = await hostAndFolder();
  const summary = await train(host, directory);
  expect(summary).toMatchObject({ steps: 6, skippedSteps: 0 });
  expect(log).toHaveBeenCalledWith('gain head: 3 offsets, gains start at 0.9');
  // The setting of the application is in the record: the run can be repeated without the application's settings.
  expect(readJson(directory, 'experiment.json').model.head).toMatchObject({ name: 'gain', gain: 0.9 });
  expect(readJson(directory, 'provenance.json').packages['inversify-class']).toBe('1.0.0');
});

test('the model in a run’s container has the head’s weights, where the setting says', async () => {
  const { host, directory } = await hostAndFolder();
  await train(host, directory);
  const run = await host.openRun(readJson(directory, 'experiment.json'), directory);
  const model = await run.container.getAsync<TrainableModel>(TOKENS.model);
  const gain_D = model.parameters.get('head/gain.3')!;
  expect([...gain_D.dataSync()]).toEqual(new Array(8).fill(Math.fround(0.9)));
});

describeHeadContract(new GainHead(() => {}, { gain: 0.9 }), 'gain', { gain: 1.1 });
