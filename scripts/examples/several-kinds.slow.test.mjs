// A dataset, a tokenizer and an eval of one package as a stranger has them, in one small ablation.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ablate, createPackedProject } from './packed-project.mjs';

const NAME = 'foretoken-plugin-markdown';
const WORDS = [' the', ' model', ' token'];

const ablation = {
  name: 'words',
  baseline: 'words',
  base: {
    plugins: [NAME],
    data: {
      dataset: { name: 'markdown-sections', folder: 'docs' },
      tokenizer: { name: 'words', words: WORDS },
      context: 32,
    },
    model: {
      trunk: { name: 'transformer', width: 16, layers: 3, attentionHeads: 2 },
      head: { name: 'linear', horizon: 2 },
      maxOffset: 2,
    },
    training: { steps: 100, batch: 4, learningRate: 1e-2, warmupSteps: 5, validationWindows: 1 },
    evals: [
      { name: 'confidence', windows: 4, threshold: 0.25 },
      { name: 'bits-per-byte', windows: 4 },
    ],
  },
  arms: [
    { name: 'words', set: {} },
    { name: 'bytes', set: { 'data.tokenizer': { name: 'words', words: [] } } },
  ],
};

let project;
beforeAll(async () => {
  project = await createPackedProject('several-kinds');
  mkdirSync(path.join(project.folder, 'docs'));
  for (let page = 0; page < 8; page++) {
    const section = (i) =>
      `## Section ${page}.${i}\n\n${'What the model says of the token is the next token. '.repeat(4)}\n`;
    writeFileSync(path.join(project.folder, 'docs', `${page}.md`), [0, 1, 2].map(section).join('\n'));
  }
});
afterAll(() => project?.remove());

test('from its tarball, all three are used, and each says what it is made of', async () => {
  const { arms } = await ablate(project.folder, ablation);
  const resultsOf = (arm) => arms.get(arm).cells[0].results;
  expect(resultsOf('words')['bits-per-byte'].unit).toBe('bits per token');
  expect(resultsOf('bytes')['bits-per-byte'].unit).toBe('bits per byte');
  for (const arm of ['words', 'bytes']) {
    const { offsets, shares } = resultsOf(arm).confidence;
    expect(offsets).toEqual([1, 2]);
    // The same sentence over and over: the next token has a quarter of the probability somewhere, which of 256 is much.
    expect(shares[0]).toBeGreaterThan(0);
    expect(shares[0]).toBeLessThanOrEqual(1);
  }
});
