// The recurrent trunk as a stranger has it, compared with the built-in transformer.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ablate, createPackedProject, installedPackage } from './packed-project.mjs';

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
  name: 'trunks',
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
  project = await createPackedProject('recurrent-trunk');
});
afterAll(() => project?.remove());

test('from its tarball it is a trunk like the built-in one, and the report of an ablation compares the two', async () => {
  const done = await ablate(project.folder, ablation);
  expect([...done.arms.keys()]).toEqual(arms.map(({ name }) => name));
  for (const [name, { lossless, cells }] of done.arms) {
    const [{ status, results: cell }] = cells;
    expect({ name, status, lossless }).toEqual({ name, status: 'done', lossless: true });
    const { speculative } = cell.acceptance.decoders;
    // Some drafts were kept, and some were rolled back.
    expect(speculative.tokensPerForward, name).toBeGreaterThan(1.05);
    expect(speculative.tokensPerForward, name).toBeLessThan(3);
    // An untrained model of bytes needs 8 bits.
    expect(cell['bits-per-byte'].perOffset[0], name).toBeLessThan(5);
    expect(done.report).toContain(name);
  }
  expect(done.report).toContain('gated-recurrence');
});

test('the trunk came from the tarball, not from the workspace', () => {
  const { isOwnFolder, files, manifest } = installedPackage(project.folder, NAME);
  expect(isOwnFolder).toBe(true);
  expect(files).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  expect(manifest).not.toContain('workspace:');
});
