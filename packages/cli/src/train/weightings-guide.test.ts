import { readFileSync } from 'node:fs';
import { createForetokenHost } from '@foretoken/ablation';
import { loadExperiment, type PluginListing } from '@foretoken/core';
import { beforeAll, describe, expect, it } from 'vitest';

const guide = readFileSync(new URL('../../../../docs/guide/weightings-and-schedules.md', import.meta.url), 'utf8');
const examples = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml);

let host: Awaited<ReturnType<typeof createForetokenHost>>;
let plugins: readonly PluginListing[];
beforeAll(async () => {
  host = await createForetokenHost();
  plugins = host.plugins.builtIns.list();
});

/** The experiment of an example, with the one thing that has no default. */
async function resolved(yaml: string) {
  const text = `${yaml}data: { dataset: { name: text-files, include: ['*.txt'] } }\n`;
  return (await loadExperiment({ text, path: 'guide.yaml' }, { plugins: host.plugins })).experiment;
}

describe('the guide to weightings and schedules', () => {
  it.each(examples)('shows an experiment that is right: %s', async (yaml) => {
    const { training, model } = await resolved(yaml);
    const { name: weighting, ...ofWeighting } = training.weighting;
    const { name: schedule, ...ofSchedule } = training.horizonSchedule;
    const registry = host.plugins.builtIns;
    const { horizon } = model.head;
    registry.get('weighting', weighting).create({ horizon }, ofWeighting);
    registry.get('horizon-schedule', schedule).create({ horizon, costRatio: () => 0 }, ofSchedule);
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
