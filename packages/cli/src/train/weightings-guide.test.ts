import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createForetokenHost } from '@foretoken/ablation';
import { loadExperiment, type PluginListing } from '@foretoken/core';
import { trainRun } from '@foretoken/core/training';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const guide = readFileSync(new URL('../../../../docs/guide/weightings-and-schedules.md', import.meta.url), 'utf8');
const examples = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml);

let host: Awaited<ReturnType<typeof createForetokenHost>>;
let plugins: readonly PluginListing[];
let folder: string;
beforeAll(async () => {
  host = await createForetokenHost();
  plugins = host.plugins.builtIns.list();
  folder = mkdtempSync(path.join(tmpdir(), 'foretoken-guide-'));
  for (const i of [1, 2, 3, 4]) writeFileSync(path.join(folder, `${i}.txt`), `${i} and ${i + 1} `.repeat(40));
});
afterAll(async () => {
  await host.dispose();
  rmSync(folder, { recursive: true });
});

/** As small as it can be, whatever the example. */
const TINY = [
  { path: 'model.trunk', value: { name: 'transformer', width: 8, layers: 5, attentionHeads: 2 } },
  { path: 'data.context', value: 8 },
  { path: 'training.steps', value: 1 },
  { path: 'training.batch', value: 1 },
  { path: 'training.validationWindows', value: 1 },
];

/** Trains an example for one step, on a small model and the one thing that has no default. */
async function trained(yaml: string, directory: string) {
  const text = `${yaml}data: { dataset: { name: text-files, include: ['*.txt'] } }\n`;
  const source = { text, path: path.join(folder, 'guide.yaml') };
  const { experiment } = await loadExperiment(source, { plugins: host.plugins, overrides: TINY });
  return trainRun(host, experiment, { directory: path.join(folder, directory), baseDirectory: folder });
}

describe('the guide to weightings and schedules', () => {
  it.each(examples.map((yaml, i) => [yaml, `example-${i}`]))(
    'shows an experiment that trains: %s',
    async (...example) => {
      expect(await trained(...example)).toMatchObject({ steps: 1, skippedSteps: 0 });
    },
  );

  it('is right that a balancer takes no value terms', async () => {
    const model = 'model: { head: { name: eagle, horizon: 3, featureLoss: 1 } }\n';
    await expect(trained(`${model}training: { weighting: balancer }\n`, 'value-terms')).rejects.toThrow(
      /CONFIG_CONFLICT: weighting "balancer" needs .* "feature-2", "feature-3" are single values/,
    );
  });

  it('names every built-in one, and shows each that has options', () => {
    const built = plugins.filter(({ kind }) => kind === 'weighting' || kind === 'horizon-schedule');
    expect(built.length).toBeGreaterThan(12);
    for (const { name, options } of built) {
      expect(guide).toContain(`| \`${name}\` |`);
      const hasOptions = Object.keys((options.properties ?? {}) as object).length > 0;
      const isShown = examples.some((yaml) => new RegExp(`(name|horizonSchedule): ${name}\\b`).test(yaml));
      expect(isShown || !hasOptions, name).toBe(true);
    }
  });
});
