import { execFile } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createForetokenHost } from '@foretoken/ablation';
import { loadExperiment, type PluginListing } from '@foretoken/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchCommand } from '../commands/bench.ts';
import { generateCommand } from '../commands/generate.ts';
import { runBin } from '../testing/run-bin.fixture.ts';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';

const guide = readFileSync(new URL('../../../../docs/guide/decoding.md', import.meta.url), 'utf8');
const blocks = (language: string) =>
  [...guide.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].filter(([, is]) => is === language).map(([, , text]) => text);

let host: Awaited<ReturnType<typeof createForetokenHost>>;
let plugins: readonly PluginListing[];
let folder: string;
beforeAll(async () => {
  host = await createForetokenHost();
  plugins = host.plugins.builtIns.list();
  folder = tinyExperiment();
});
afterAll(async () => {
  await host.dispose();
  rmSync(folder, { recursive: true });
});

describe('the guide to decoding', () => {
  it('shows code that decodes prompts as they come', async () => {
    const [code, ...others] = blocks('js');
    expect(others).toEqual([]);
    expect((await runBin(['train', 'tiny.json'], { cwd: folder })).code).toBe(0);
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), path.join(folder, 'node_modules'));
    writeFileSync(path.join(folder, 'batch.mjs'), code);
    const { stdout } = await promisify(execFile)(process.execPath, ['batch.mjs', 'runs/tiny'], { cwd: folder });
    const ended = stdout.split('\n').filter((line) => /finished: '(length|stop|context)'/.test(line));
    expect(ended.map((line) => Number(line.split(' ')[0])).sort()).toEqual([0, 1, 2, 3, 4]);
    expect(stdout).toMatch(/output: 'greedy',\s+tokensPerForward: [\d.]+,\s+marginal: \[/);
  });

  it('shows decoders as an experiment has them', async () => {
    const [yaml, ...others] = blocks('yaml');
    expect(others).toEqual([]);
    const source = { text: `${yaml}data: { dataset: { name: text-files, include: ['*.txt'] } }\n`, path: 'guide.yaml' };
    const { experiment } = await loadExperiment(source, { plugins: host.plugins });
    expect(Object.keys(experiment.decoders)).toEqual(['greedy', 'speculative', 'wide', 'drawn']);
    expect(experiment.decoders.drawn).toMatchObject({ rule: { name: 'rejection' }, sampling: { topP: 0.95 } });
  });

  it('shows command lines whose options there are', () => {
    const lines = blocks('').flatMap((block) => block.split('\n').filter((line) => line.includes('-- generate')));
    expect(lines.length).toBeGreaterThan(2);
    const benchDecoding = benchCommand().commands.find((command) => command.name() === 'decoding')!;
    const generates = generateCommand().options.map(({ long }) => long);
    const known = [...generates, ...benchDecoding.options.map(({ long }) => long)];
    const optionsIn = (text: string) => [...text.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([option]) => option);
    expect(lines.flatMap(optionsIn).filter((option) => !generates.includes(option))).toEqual([]);
    expect(optionsIn(guide).filter((option) => !known.includes(option))).toEqual([]);
  });

  it('names every decoder, rule and policy, with a page behind each', () => {
    for (const kind of ['decoder', 'acceptance-rule', 'draft-policy']) {
      const names = plugins.filter((plugin) => plugin.kind === kind).map(({ name }) => name);
      expect(names.length).toBeGreaterThan(3);
      for (const name of names) {
        expect(guide).toContain(`| [\`${name}\`](../../packages/decoders/src/${name}/README.md) |`);
      }
    }
  });

  it('calls lossy what is, and nothing else', () => {
    const registry = host.plugins.builtIns;
    const [, table] = /## Rules[\s\S]*?(\| rule[\s\S]*?)\n\n/.exec(guide)!;
    for (const line of table.split('\n').slice(2)) {
      const [, name] = /^\| \[`([\w-]+)`/.exec(line)!;
      const options = registry.checkOptions('acceptance-rule', { name }, 'guide');
      const { keeps } = registry.get('acceptance-rule', name).create({}, options);
      expect({ name, isLossy: line.includes('lossy') }).toEqual({ name, isLossy: keeps.length === 0 });
    }
  });

  it('explains every field of the schema', async () => {
    const { acceptanceStatistics } = await import('@foretoken/core/evaluation');
    const [, table] = /## Acceptance numbers[\s\S]*?(\| field[\s\S]*?)\n\n/.exec(guide)!;
    for (const field of Object.keys(acceptanceStatistics([]))) expect(table).toContain(`\`${field}\``);
  });
});
