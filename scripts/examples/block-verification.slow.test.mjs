// The decoder with its acceptance rule as a stranger has it, compared with the built-in ones on one trained model.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ablate, createPackedProject, installedPackage } from './packed-project.mjs';

const NAME = 'foretoken-decoder-block-verification';

const drawn = { policy: { name: 'fixed', sampled: true }, sampling: { temperature: 0.9 } };
/** What each arm decodes with: all of one training. */
const DECODERS = {
  speculative: { name: 'speculative' },
  'prompt-lookup': { name: 'prompt-lookup' },
  merged: { name: 'merged' },
  rejection: { name: 'speculative', rule: 'rejection', ...drawn },
  block: { name: 'speculative', rule: 'block-verification', ...drawn },
  'merged block': { name: 'merged', rule: 'block-verification', ...drawn },
  'merged rejection': { name: 'merged', rule: 'rejection', ...drawn },
  'block, certain': { name: 'merged', rule: 'block-verification', sampling: { temperature: 0 } },
};

const ablation = {
  name: 'decoders',
  baseline: 'speculative',
  base: {
    plugins: [NAME],
    // Real text: the sources of the built-in heads.
    data: {
      dataset: { name: 'text-files', include: ['../../packages/heads/src/**/*.ts'], split: { validation: 0.2 } },
      context: 128,
    },
    model: {
      trunk: { name: 'transformer', width: 48, layers: 4, attentionHeads: 2 },
      head: { name: 'hydra', horizon: 4 },
      match: 'none',
      maxOffset: 4,
    },
    training: { steps: 400, batch: 4, learningRate: 4e-3, warmupSteps: 10, validationWindows: 4 },
    evals: [
      { name: 'acceptance', windows: 8, prompts: 8, promptTokens: 64, maxTokens: 64 },
      { name: 'losslessness', prompts: 8, promptTokens: 64, maxTokens: 64 },
    ],
  },
  arms: Object.entries(DECODERS).map(([name, decoder]) => ({ name, set: { decoders: { draft: decoder } } })),
};

let project;
beforeAll(async () => {
  project = await createPackedProject('block-verification');
});
afterAll(() => project?.remove());

describe('from its tarball, in an ablation against the built-in decoders and rules', () => {
  let done;
  const ofArm = (arm, measured) => done.arms.get(arm).cells[0].results[measured].decoders.draft;
  const perForward = (arm) => ofArm(arm, 'acceptance').tokensPerForward;
  beforeAll(async () => {
    done = await ablate(project.folder, ablation);
  });

  test('merged gives greedy’s tokens, and so does block verification at temperature 0', () => {
    for (const arm of ['merged', 'block, certain']) {
      expect(ofArm(arm, 'losslessness'), arm).toMatchObject({ prompts: 8, equal: 8, lossless: true });
      expect(done.arms.get(arm).lossless).toBe(true);
    }
  });

  test('drawn, the output is known to be of the model’s distribution, and some drafts are kept and some are not', () => {
    for (const arm of ['block', 'merged block']) {
      expect(ofArm(arm, 'acceptance').output).toBe('same distribution');
      expect(perForward(arm), arm).toBeGreaterThan(1.05);
      expect(perForward(arm), arm).toBeLessThan(4);
    }
  });

  test('two drafts in one tree keep more than either alone', () => {
    for (const arm of ['speculative', 'prompt-lookup']) expect(perForward('merged')).toBeGreaterThan(perForward(arm));
  });

  test('the report names every arm, and the decoder and the rule', () => {
    for (const name of [...Object.keys(DECODERS), 'block-verification']) expect(done.report).toContain(name);
  });
});

test('decoder and rule came from the tarball, not from the workspace', () => {
  const { isOwnFolder, files, manifest } = installedPackage(project.folder, NAME);
  expect(isOwnFolder).toBe(true);
  expect(files).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  expect(manifest).not.toContain('workspace:');
});
