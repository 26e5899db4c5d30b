// The head that reads tokens ahead as a stranger has it, compared with built-in ones where theory says what it gains.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ablate, createPackedProject, installedPackage } from './packed-project.mjs';

const NAME = 'foretoken-head-recurrent-drafter';
const HORIZON = 3;

/**
 * One of sixteen small letters, drawn evenly, then the capital of it, and so on. Before a small letter, offset 2 is the
 * capital of a letter that is not drawn yet: log2 16 = 4 bits for a head that does not see it, none for one that does.
 * Before a capital, offset 2 is the next draw: 4 bits for anyone. Over both, 4 bits against 2.
 */
function pairs(document) {
  let state = document + 1;
  const draw = () => {
    // Park and Miller's generator: the text is the same on every machine.
    state = (state * 48_271) % 2_147_483_647;
    return Math.floor((state / 2_147_483_647) * 16);
  };
  for (let i = 0; i < 20; i++) draw();
  return Array.from({ length: 400 }, () => {
    const letter = String.fromCharCode(97 + draw());
    return letter + letter.toUpperCase();
  }).join('');
}

/** Two levels more than were trained. */
const far = { name: 'speculative', policy: { name: 'fixed', levels: HORIZON + 1 } };

const ablation = {
  name: 'tokens ahead',
  baseline: 'parallel',
  base: {
    plugins: [NAME],
    data: { dataset: { name: 'text-files', include: ['text/*.txt'], split: { validation: 0.2 } }, context: 128 },
    model: {
      trunk: { name: 'transformer', width: 32, layers: 4, attentionHeads: 2 },
      head: { name: 'parallel', horizon: HORIZON },
      match: 'none',
      maxOffset: HORIZON,
    },
    training: { steps: 400, batch: 4, learningRate: 5e-3, warmupSteps: 10, validationWindows: 2 },
    evals: [
      { name: 'bits-per-byte', windows: 16 },
      { name: 'acceptance', windows: 8, prompts: 4, promptTokens: 16, maxTokens: 96 },
      { name: 'losslessness', prompts: 4, promptTokens: 16, maxTokens: 96 },
    ],
  },
  arms: [
    { name: 'parallel', set: {} },
    { name: 'hydra', set: { 'model.head': { name: 'hydra', horizon: HORIZON } } },
    {
      name: 'recurrent drafter',
      set: {
        'model.head': { name: 'recurrent-drafter', horizon: HORIZON },
        decoders: { greedy: 'greedy', speculative: 'speculative', far },
      },
    },
  ],
};

let project;
beforeAll(async () => {
  project = await createPackedProject('recurrent-drafter');
});
afterAll(() => project?.remove());

describe('from its tarball, in an ablation on a source whose second letters follow from the first', () => {
  let done;
  const resultsOf = (arm) => done.arms.get(arm).cells[0].results;
  beforeAll(async () => {
    mkdirSync(path.join(project.folder, 'text'));
    for (let i = 0; i < 20; i++) writeFileSync(path.join(project.folder, 'text', `${i}.txt`), pairs(i));
    done = await ablate(project.folder, ablation);
  });

  test('it needs two bits less at offset 2 than a head that does not see the drawn token', () => {
    const bits = (arm) => resultsOf(arm)['bits-per-byte'].perOffset[1];
    expect(bits('parallel')).toBeGreaterThan(3.9);
    for (const arm of ['hydra', 'recurrent drafter']) expect(bits(arm), arm).toBeLessThan(2.2);
  });

  test('it drafts, past the offsets it trained as well, and what comes out is greedy’s', () => {
    const { decoders } = resultsOf('recurrent drafter').acceptance;
    const [near, beyond] = [decoders.speculative, decoders.far];
    expect([near.proposed.length, beyond.proposed.length]).toEqual([HORIZON - 1, HORIZON + 1]);
    // On every level some drafts were kept, and some were rolled back.
    for (const { proposed, accepted } of [near, beyond]) {
      for (const [level, count] of proposed.entries()) {
        expect(accepted[level]).toBeGreaterThan(0);
        expect(accepted[level]).toBeLessThan(count);
      }
    }
    expect(near.tokensPerForward).toBeGreaterThan(1.3);
    expect(beyond.tokensPerForward).toBeGreaterThan(near.tokensPerForward);
    expect(done.arms.get('recurrent drafter').lossless).toBe(true);
  });

  test('the report compares it with the built-in heads', () => {
    for (const name of ['parallel', 'hydra', 'recurrent drafter']) expect(done.report).toContain(name);
    expect(done.report).toContain('recurrent-drafter');
  });
});

test('the head came from the tarball, not from the workspace', () => {
  const { isOwnFolder, files, manifest } = installedPackage(project.folder, NAME);
  expect(isOwnFolder).toBe(true);
  expect(files).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  expect(manifest).not.toContain('workspace:');
});
