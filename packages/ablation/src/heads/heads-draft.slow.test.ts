// Trains every built-in head on sources whose next tokens are known, and lets it draft.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Json } from '@foretoken/core';
import { listEngines } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createForetokenHost } from '../host.ts';
import { planAblation } from '../plan/plan-ablation.ts';
import { folderWith } from '../plan/planning.fixture.ts';
import { dig } from '../results/results.ts';
import { runAblation } from '../run/run-ablation.ts';

type Settings = { readonly [option: string]: string | number | boolean };

/** Heads that draft, with what each is drafted with; the horizon is 4 where none is named. */
const DRAFTING: { readonly [arm: string]: Settings } = {
  linear: { name: 'linear' },
  parallel: { name: 'parallel' },
  causal: { name: 'causal' },
  anticausal: { name: 'anticausal' },
  medusa: { name: 'medusa' },
  hydra: { name: 'hydra' },
  sequential: { name: 'sequential' },
  'sequential repeated': { name: 'sequential', repeat: true },
  eagle: { name: 'eagle' },
  leap: { name: 'leap', horizon: 5 },
};

/** Heads that only help to train offset 1. */
const TRAINING_ONLY: { readonly [arm: string]: Settings } = {
  register: { name: 'register', horizon: 1 },
  'token-order': { name: 'token-order', horizon: 1 },
};

const engines = (await listEngines()).filter(({ name, available }) => available && ['native', 'wasm'].includes(name));

let host: Awaited<ReturnType<typeof createForetokenHost>>;
beforeAll(async () => {
  host = await createForetokenHost();
});
afterAll(() => host.dispose());

const horizonOf = ({ horizon = 4 }: Settings) => Number(horizon);

interface Setup {
  readonly engine?: string;
  readonly steps: number;
  readonly text: (document: number) => string;
  readonly heads: { readonly [arm: string]: Settings };
  readonly layers: number;
}

/** Trains one arm per head on documents of its own making and gives each arm's entry of `results.json`. */
async function armsOf({ engine = 'auto', steps, text, heads, layers }: Setup): Promise<Map<string, Json>> {
  const maxOffset = Math.max(...Object.values(heads).map(horizonOf));
  const ablation = {
    formatVersion: 1,
    name: 'drafts',
    output: 'out',
    base: {
      engine,
      data: { dataset: { name: 'text-files', include: ['text/*.txt'], split: { validation: 0.2 } }, context: 128 },
      model: { trunk: { name: 'transformer', width: 32, layers, attentionHeads: 2 }, match: 'none', maxOffset },
      training: { steps, batch: 4, learningRate: 5e-3, warmupSteps: 10, validationWindows: 2 },
      evals: [
        { name: 'bits-per-byte', windows: 16 },
        { name: 'acceptance', windows: 8, prompts: 4, promptTokens: 16, maxTokens: 96 },
        { name: 'losslessness', prompts: 4, promptTokens: 16, maxTokens: 48 },
      ],
    },
    arms: Object.entries(heads).map(([name, head]) => ({
      name,
      set: { 'model.head': { ...head, horizon: horizonOf(head) } },
    })),
  };
  const folder = await folderWith({ 'ablation.json': JSON.stringify(ablation) });
  await mkdir(path.join(folder, 'text'));
  for (let i = 0; i < 20; i++) await writeFile(path.join(folder, 'text', `${i}.txt`), text(i));
  const plan = await planAblation(path.join(folder, 'ablation.json'), host);
  await runAblation(plan, { host });
  const { arms } = JSON.parse(await readFile(path.join(plan.directory, 'results.json'), 'utf8'));
  return new Map(arms.map((arm: { name: string } & Json) => [arm.name, arm]));
}

/** Twelve characters over and over, each document from another place on. */
const periodic = (document: number) => {
  const period = 'abcdefghijkl';
  return (period.slice(document % 12) + period.slice(0, document % 12)).repeat(50);
};

test('every registered head stands in one of the two lists', () => {
  const registered = host.plugins.builtIns.names('head');
  const listed = Object.values({ ...DRAFTING, ...TRAINING_ONLY }).map(({ name }) => name);
  expect([...new Set(listed)].sort()).toEqual([...registered].sort());
});

describe('on a source that repeats twelve characters', () => {
  let arms: Map<string, Json>;
  beforeAll(async () => {
    arms = await armsOf({ steps: 300, text: periodic, heads: { ...DRAFTING, ...TRAINING_ONLY }, layers: 6 });
  });

  test.each(Object.entries(DRAFTING))('%s gives .95 n tokens per forward and more', (arm, head) => {
    const kept = dig(arms.get(arm), 'results', 'acceptance', 'decoders', 'speculative', 'tokensPerForward');
    expect(kept).toBeGreaterThanOrEqual(0.95 * horizonOf(head));
    // The text repeats, so that held-out text keeps as many.
    const labelMatch = dig(arms.get(arm), 'results', 'acceptance', 'labelMatch', 'tokensPerForward');
    expect(labelMatch).toBeGreaterThanOrEqual(0.95 * horizonOf(head));
    expect(dig(arms.get(arm), 'lossless')).toBe(true);
  });

  test.each(Object.keys(TRAINING_ONLY))('%s decodes with offset 1, one token per forward', (arm) => {
    const [decoder] = Object.values(dig(arms.get(arm), 'results', 'acceptance', 'decoders') as object);
    expect(decoder.tokensPerForward).toBe(1);
    expect(dig(arms.get(arm), 'lossless')).toBe(true);
  });
});

describe.each(engines)('on the engine $name', ({ name }) => {
  test('every head decodes what greedy decodes, trained or hardly', async () => {
    const heads = { ...DRAFTING, ...TRAINING_ONLY };
    const arms = await armsOf({ engine: name, steps: 12, text: periodic, heads, layers: 6 });
    for (const arm of Object.keys(heads)) expect(dig(arms.get(arm), 'lossless'), arm).toBe(true);
  });
});

/**
 * One of sixteen small letters, drawn evenly, then the capital of it, and so on. Before a small letter, offset 2 is the
 * capital of a letter that is not drawn yet: log2 16 = 4 bits for a head that does not see it, none for one that does.
 * Before a capital, offset 2 is the next draw: 4 bits for anyone. Over both, 4 bits against 2.
 */
const pairs = (document: number) => {
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
};

test('where offset 2 follows from the token drawn at offset 1, heads that read it need two bits less', async () => {
  const heads = Object.fromEntries(
    ['parallel', 'hydra', 'sequential', 'eagle'].map((name) => [name, { name, horizon: 2 }]),
  );
  const arms = await armsOf({ steps: 500, text: pairs, heads, layers: 4 });
  const bits = (arm: string) => dig(arms.get(arm), 'results', 'bits-per-byte', 'perOffset', 1) as number;
  expect(bits('parallel')).toBeGreaterThan(3.9);
  for (const arm of ['hydra', 'sequential', 'eagle']) expect(bits(arm), arm).toBeLessThan(2.2);
});
