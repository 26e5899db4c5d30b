// The recurrent trunk as a stranger has it: packed, installed from the tarball into a project's own node_modules, and
// compared with the built-in transformer.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packPackage } from '../pack/pack-packages.mjs';
import { runNode, runNpm } from '../setup/command.mjs';
import { inRoot } from '../setup/paths.mjs';

const NAME = 'foretoken-trunk-gated-recurrence';
const sizes = { width: 32, layers: 4, attentionHeads: 2, mlpWidth: 64 };
const transformer = { name: 'transformer', ...sizes };
const recurrent = { name: 'gated-recurrence', ...sizes };

/** Heads without memory, with keys and values of their own, and with tokens ahead. */
const arms = [
  { name: 'transformer', set: { 'model.trunk': transformer } },
  { name: 'recurrent', set: { 'model.trunk': recurrent } },
  { name: 'recurrent linear', set: { 'model.trunk': recurrent, 'model.head': 'linear' } },
  { name: 'recurrent sequential', set: { 'model.trunk': recurrent, 'model.head': 'sequential' } },
];

const ablation = {
  formatVersion: 1,
  name: 'trunks',
  output: 'out',
  baseline: 'transformer',
  base: {
    plugins: [NAME],
    // Real text: the sources of the built-in heads.
    data: {
      dataset: { name: 'text-files', include: ['../../packages/heads/src/**/*.ts'], split: { validation: 0.2 } },
      context: 64,
    },
    model: { trunk: transformer, head: { name: 'parallel', horizon: 3 }, match: 'parameters', maxOffset: 3 },
    training: { steps: 300, batch: 2, learningRate: 4e-3, warmupSteps: 10, validationWindows: 4 },
    evals: [
      { name: 'bits-per-byte', windows: 32 },
      { name: 'acceptance', windows: 8, prompts: 6, promptTokens: 16, maxTokens: 40 },
      { name: 'losslessness', prompts: 6, promptTokens: 16, maxTokens: 40 },
    ],
  },
  arms,
};

let project;
beforeAll(async () => {
  // Below the checkout, so that the peer @foretoken/core is found further up, as beside any project that has both.
  mkdirSync(inRoot('.foretoken'), { recursive: true });
  project = mkdtempSync(inRoot('.foretoken/recurrent-trunk-'));
  writeFileSync(path.join(project, 'package.json'), '{ "private": true }');
  const tarball = await packPackage(inRoot('examples/recurrent-trunk'), path.join(project, 'tarballs'));
  const flags = ['--no-save', '--no-package-lock', '--legacy-peer-deps', '--no-audit', '--no-fund', '--offline'];
  expect(await runNpm(['install', ...flags, tarball], { cwd: project })).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

const foretoken = (...args) => runNode(inRoot('packages/cli/dist/bin.js'), args, { cwd: project, output: 'both' });

test('from its tarball it is a trunk like the built-in one, and the report of an ablation compares the two', async () => {
  writeFileSync(path.join(project, 'ablation.json'), JSON.stringify(ablation));
  const { code, captured } = await foretoken('ablate', 'ablation.json');
  expect(code, captured).toBe(0);

  const results = JSON.parse(readFileSync(path.join(project, 'out/results.json'), 'utf8'));
  expect(results.arms.map(({ name }) => name)).toEqual(arms.map(({ name }) => name));
  for (const { name, lossless, cells } of results.arms) {
    const [{ status, results: cell }] = cells;
    expect({ name, status, lossless }).toEqual({ name, status: 'done', lossless: true });
    const { speculative } = cell.acceptance.decoders;
    // Some drafts were kept, and some were rolled back.
    expect(speculative.tokensPerForward, name).toBeGreaterThan(1.05);
    expect(speculative.tokensPerForward, name).toBeLessThan(3);
    // An untrained model of bytes needs 8 bits.
    expect(cell['bits-per-byte'].perOffset[0], name).toBeLessThan(5);
  }
  const report = readFileSync(path.join(project, 'out/report.md'), 'utf8');
  for (const { name } of arms) expect(report).toContain(name);
  expect(report).toContain('gated-recurrence');
});

test('the trunk came from the tarball, not from the workspace', async () => {
  const installed = path.join(project, 'node_modules', NAME);
  expect(realpathSync(installed)).toBe(realpathSync(path.join(project, 'node_modules')) + path.sep + NAME);
  expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  expect(readFileSync(path.join(installed, 'package.json'), 'utf8')).not.toContain('workspace:');
});
