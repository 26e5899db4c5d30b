import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createForetokenHost } from '../host.ts';
import { planAblation } from '../plan/plan-ablation.ts';
import { folderOfText } from '../plan/planning.fixture.ts';
import { writeReport } from '../report/write-report.ts';
import { dig } from '../results/results.ts';
import { resultsOf } from '../results/results-of.fixture.ts';
import { runAblation } from './run-ablation.ts';

const ablation = `
formatVersion: 1
name: real
output: out
base:
  data: { dataset: { name: text-files, include: ["text/*.ts"] }, context: 48 }
  model: { trunk: { name: transformer, width: 16, layers: 4, attentionHeads: 2 } }
  training: { steps: 6, batch: 2, checkpointEvery: 2, validateEvery: 3, validationWindows: 2 }
  evals:
    - { name: bits-per-byte, windows: 2 }
    - { name: acceptance, windows: 2, prompts: 2, promptTokens: 8, maxTokens: 12 }
    - { name: losslessness, prompts: 2, promptTokens: 8, maxTokens: 12 }
    - { name: throughput, rounds: 1, promptTokens: 8, maxTokens: 12 }
arms:
  - { name: one, set: { model.head.horizon: 1 } }
  - { name: three, set: { model.head.horizon: 3 } }
  - { name: three short, set: { model.head.horizon: 3, decoders: { g: greedy, s: { name: speculative, policy: { name: fixed, levels: 1 } } } } }
`;

let quiet: { results: string; arms: unknown[] };
beforeAll(async () => {
  const host = await createForetokenHost();
  const plan = await planAblation(path.join(await folderOfText(ablation), 'ablation.yaml'), host);
  expect(plan.trainings).toHaveLength(2);
  await runAblation(plan, { host });
  const text = await readFile(path.join(plan.directory, 'results.json'), 'utf8');
  const page = await readFile((await writeReport(plan.directory)).html, 'utf8');
  expect(page).not.toContain('Nothing was measured for this chart');
  quiet = { results: await resultsOf(plan.directory), arms: JSON.parse(text).arms };
  await host.dispose();
});

test('a real ablation has every number that the report shows', () => {
  for (const arm of quiet.arms as never[]) {
    expect(dig(arm, 'lossless')).toBe(true);
    expect(dig(arm, 'results', 'bits-per-byte', 'perOffset', 0)).toEqual(expect.any(Number));
    expect(dig(arm, 'results', 'bits-per-byte', 'bigram')).toEqual(expect.any(Number));
    expect(dig(arm, 'results', 'acceptance', 'labelMatch', 'tokensPerForward')).toBeGreaterThanOrEqual(1);
    expect(dig(arm, 'results', 'training', 'parameters')).toEqual(expect.any(Number));
    expect(dig(arm, 'timings', 'throughput', 'baseline')).toMatch(/^g/);
  }
});

test('a real ablation that is interrupted in the middle of a training ends in the same results', async () => {
  const host = await createForetokenHost();
  const plan = await planAblation(path.join(await folderOfText(ablation), 'ablation.yaml'), host);
  const controller = new AbortController();
  const stopped = runAblation(plan, {
    host,
    signal: controller.signal,
    onEvent(event) {
      if (event.type === 'progress' && event.task.arms.includes('three') && event.progress.done === 3)
        controller.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await runAblation(plan, { host });
  expect(await resultsOf(plan.directory)).toBe(quiet.results);
  await host.dispose();
});
