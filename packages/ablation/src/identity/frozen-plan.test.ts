import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Experiment, Host } from '@foretoken/core';
import { expect, it } from 'vitest';
import { folderWith, planningHost, planOf } from '../plan/planning.fixture.ts';
import { createFakeLaboratory } from '../run/laboratory.fixture.ts';
import { runAblation } from '../run/run-ablation.ts';

const base = 'data: { dataset: { name: text-files, root: . } }\ntraining: { steps: 2, validateEvery: 1 }';

it('files and code that are edited while an ablation runs change nothing of what it planned', async () => {
  const heads = await folderWith({ 'package.json': '{}', 'head.js': '1' });
  const plan = await planOf('seeds: [0, 1]', {
    base,
    host: planningHost({ directories: { '@foretoken/heads': heads } }),
  });
  const frozen = structuredClone(plan.cells);
  const edit = async () => {
    await writeFile(path.join(path.dirname(plan.file), 'experiment.yaml'), base.replace('steps: 2', 'steps: 9'));
    await writeFile(plan.file, 'broken: [');
    await writeFile(path.join(heads, 'head.js'), '2');
  };
  const fake = createFakeLaboratory(edit);
  const trained: Experiment[] = [];
  const train: typeof fake.train = (experiment, options) => {
    trained.push(experiment);
    return fake.train(experiment, options);
  };
  const host = { clock: () => 0 } as unknown as Host;
  const { results } = await runAblation(plan, { host, laboratory: { ...fake, train } });
  expect(trained.map(({ training, seed }) => [training.steps, seed])).toEqual([
    [2, 0],
    [2, 1],
  ]);
  expect(results.arms[0].cells.map(({ id }) => id)).toEqual(frozen.map(({ id }) => id));
  const onDisk = JSON.parse(await readFile(path.join(plan.directory, 'ablation.json'), 'utf8'));
  expect(onDisk.cells).toEqual(frozen);
  for (const { id } of frozen) {
    const record = JSON.parse(await readFile(path.join(plan.directory, 'cells', id, 'cell.json'), 'utf8'));
    expect([record.code, record.experiment.training.steps]).toEqual([frozen[0].code, 2]);
  }
});
