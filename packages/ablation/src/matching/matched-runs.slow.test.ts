// Trains arms for real and looks at what they were made equal in.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readMetrics } from '@foretoken/core';
import { runPaths } from '@foretoken/core/training';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createForetokenHost } from '../host.ts';
import { type AblationPlan, planAblation } from '../plan/plan-ablation.ts';
import { folderWith } from '../plan/planning.fixture.ts';
import { type ArmResults, dig, digNumber } from '../results/results.ts';
import { ablationPaths } from '../run/ablation-store.ts';
import { runAblation } from '../run/run-ablation.ts';

const ablation = (match: string) => `
formatVersion: 1
name: matched
output: out
match: ${match}
base:
  engine: wasm
  data: { dataset: { name: text-files, include: ["text/*.ts"] }, context: 16 }
  model: { trunk: { name: transformer, width: 16, layers: 6, attentionHeads: 2 } }
  training: { steps: 60, batch: 2, warmupSteps: 6, validationWindows: 2 }
  evals: []
arms:
  - { name: one, set: { model.head.horizon: 1 } }
  - { name: four, set: { model.head.horizon: 4 } }
  - { name: four linear, set: { model.head: { name: linear, horizon: 4 } } }
  - { name: larger batch, set: { model.head.horizon: 1, training.batch: 3 } }
`;

let host: Awaited<ReturnType<typeof createForetokenHost>>;
beforeAll(async () => {
  host = await createForetokenHost();
});
afterAll(() => host.dispose());

async function trained(match: string): Promise<{ plan: AblationPlan; arms: readonly ArmResults[] }> {
  const folder = await folderWith({ 'ablation.yaml': ablation(match) });
  await mkdir(path.join(folder, 'text'));
  for (let i = 0; i < 10; i++) {
    const lines = Array.from({ length: 30 }, (_, j) => `export const name${(i * j) % 7} = ${(i + 1) * j};`);
    await writeFile(path.join(folder, 'text', `${i}.ts`), `${lines.join('\n')}\n`);
  }
  const plan = await planAblation(path.join(folder, 'ablation.yaml'), host);
  await runAblation(plan, { host });
  const { arms } = JSON.parse(await readFile(path.join(plan.directory, 'results.json'), 'utf8'));
  return { plan, arms };
}

const fact = (arm: ArmResults, ...keys: string[]): number => digNumber(arm.results, 'training', ...keys)!;

test('match: flops trains every arm for the FLOPs of the baseline, with the schedule over its own steps', async () => {
  const { plan, arms } = await trained('flops');
  const budget = fact(arms[0], 'trainingFlops');
  for (const [i, arm] of arms.entries()) {
    const tokensPerStep = fact(arm, 'tokens') / fact(arm, 'steps');
    const ofOneStep = tokensPerStep * fact(arm, 'flopsPerToken', 'training');
    expect(Math.abs(fact(arm, 'trainingFlops') - budget)).toBeLessThanOrEqual(0.5 * ofOneStep);
    expect(dig(arm.results, 'training', 'match', 'to')).toBe('flops');
    const { trainingKey } = plan.cells[i];
    const rows = await readMetrics(runPaths(ablationPaths(plan.directory).training(trainingKey)));
    expect(rows).toHaveLength(fact(arm, 'steps'));
    const rates = rows.map(({ learningRate }) => learningRate as number);
    // A tenth of the steps warm up, and the cosine has come down at the end.
    expect(rates.indexOf(Math.max(...rates)) / rows.length).toBeCloseTo(0.1, 1);
    expect(rates[rows.length - 1] / Math.max(...rates)).toBeLessThan(0.13);
  }
  // By hand, forward: a block 2 x (4 x 16^2 + 3 x 16 x 64) + 2 x 2 x 16 x 8.5 = 8,736, a readout 8,192, a matrix 512; so
  // six blocks and a readout over nine and four, over six with four and four matrices, and two windows over three.
  const one = 6 * 8_736 + 8_192;
  const steps = [60, 60 * (one / (9 * 8_736 + 4 * 8_192)), 60 * (one / (6 * 8_736 + 4 * (8_192 + 512))), 40];
  expect(arms.map((arm) => fact(arm, 'steps'))).toEqual(steps.map(Math.round));
});

test('match: parameters leaves the steps, and gives every arm as many parameters', async () => {
  const { arms } = await trained('parameters');
  const reference = fact(arms[0], 'parameters');
  for (const arm of arms) {
    expect(Math.abs(fact(arm, 'parameters') / reference - 1)).toBeLessThan(0.01);
    expect(fact(arm, 'steps')).toBe(60);
  }
});
