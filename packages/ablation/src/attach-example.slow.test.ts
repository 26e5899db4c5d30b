// The files of the guide "Attach a head to a trained model", on a small model and a little text.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadExperiment } from '@foretoken/core';
import { trainRun } from '@foretoken/core/training';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createForetokenHost } from './host.ts';
import { folderWith } from './plan/planning.fixture.ts';

const examples = fileURLToPath(new URL('../../../examples/attach-a-head/', import.meta.url));

let host: Awaited<ReturnType<typeof createForetokenHost>>;
let checkout: string;
beforeAll(async () => {
  host = await createForetokenHost();
  checkout = await folderWith({});
  for (let i = 0; i < 8; i++) {
    const source = path.join(checkout, 'packages', `p${i}`, 'src');
    await mkdir(source, { recursive: true });
    await writeFile(path.join(source, 'a.ts'), `export const value${i} = ${i};\n`.repeat(30));
  }
  await mkdir(path.join(checkout, 'examples', 'attach-a-head'), { recursive: true });
  const trunk = ['width', 'layers', 'attentionHeads'].map((size, i) => ({
    path: `model.trunk.${size}`,
    value: [16, 3, 2][i],
  }));
  await train('base', trunk);
});
afterAll(() => host.dispose());

async function train(name: string, overrides: readonly { path: string; value: number }[] = []) {
  const file = path.join(checkout, 'examples', 'attach-a-head', `${name}.yaml`);
  await copyFile(path.join(examples, `${name}.yaml`), file);
  // Past the hundredth step, at which the groups of Medusa-2 start.
  const small = { 'data.context': 24, 'training.steps': 104, 'training.batch': 1, 'training.validationWindows': 1 };
  const all = [...overrides, ...Object.entries(small).map(([where, value]) => ({ path: where, value }))];
  const { experiment, baseDirectory } = await loadExperiment(file, { plugins: host.plugins, overrides: all });
  const directory = path.join(checkout, 'runs', name);
  const summary = await trainRun(host, experiment, { directory, baseDirectory });
  const metrics = await readFile(path.join(directory, 'metrics.jsonl'), 'utf8');
  return {
    summary,
    steps: metrics
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  };
}

test.each(['medusa-1', 'medusa-2', 'distil'])('%s trains on the base of the guide', async (name) => {
  const { summary, steps } = await train(name);
  expect(summary).toMatchObject({ steps: 104, skippedSteps: 0, trunkLayers: 3 });
  const late = (step: { losses: number[] }) => step.losses[3];
  const mean = (from: number) => steps.slice(from, from + 20).reduce((sum, step) => sum + late(step), 0) / 20;
  expect(mean(84)).toBeLessThan(mean(0));
});
