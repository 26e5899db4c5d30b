// Every built-in head as the head of a base run, and as the head attached to one.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRandom, loadExperiment, type NamedDecoder } from '@foretoken/core';
import { evaluateRun, openTrainedRun, trainRun } from '@foretoken/core/training';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createForetokenHost } from './host.ts';
import { planAblation } from './plan/plan-ablation.ts';
import { folderWith } from './plan/planning.fixture.ts';
import { runAblation } from './run/run-ablation.ts';

type Head = { readonly name: string; readonly [option: string]: string | number | boolean };

/** With the horizon that each can have. */
const HEADS: { readonly [label: string]: Head } = {
  linear: { name: 'linear', horizon: 3 },
  parallel: { name: 'parallel', horizon: 3 },
  causal: { name: 'causal', horizon: 3 },
  medusa: { name: 'medusa', horizon: 3 },
  'medusa from a block': { name: 'medusa', horizon: 3, from: 'block' },
  hydra: { name: 'hydra', horizon: 3 },
  sequential: { name: 'sequential', horizon: 3 },
  'sequential repeated': { name: 'sequential', horizon: 3, repeat: true },
  eagle: { name: 'eagle', horizon: 3 },
  leap: { name: 'leap', horizon: 3 },
  register: { name: 'register', horizon: 1 },
  'token-order': { name: 'token-order', horizon: 1 },
};

/** Their offset 1 is the trunk's output itself. */
const PASSING = ['medusa', 'hydra', 'sequential', 'sequential repeated', 'eagle', 'leap', 'register', 'token-order'];

let host: Awaited<ReturnType<typeof createForetokenHost>>;
let folder: string;
beforeAll(async () => {
  host = await createForetokenHost();
  folder = await folderWith({});
  await mkdir(path.join(folder, 'text'));
  for (let i = 0; i < 8; i++) {
    const text = Array.from({ length: 60 }, (_, j) => `row ${(i * j) % 7} of ${i + j}`).join('\n');
    await writeFile(path.join(folder, 'text', `${i}.txt`), text);
  }
  await train('base', BASE);
});
afterAll(() => host.dispose());

const TRUNK = { name: 'transformer', width: 16, layers: 3, attentionHeads: 2 };
const BASE = { trunk: TRUNK, head: HEADS.parallel, match: 'none' };
const STILL = { groups: { trunk: { rate: 0 }, readout: { rate: 0 } } };

async function load(name: string, model: object, training: object = {}) {
  const experiment = {
    data: { dataset: { name: 'text-files', include: ['text/*.txt'] }, context: 24 },
    model,
    training: { steps: 6, batch: 2, learningRate: 0.01, validationWindows: 1, ...training },
    evals: [{ name: 'losslessness', prompts: 3, promptTokens: 6, maxTokens: 12 }],
  };
  const file = { text: JSON.stringify(experiment), path: path.join(folder, `${name}.json`) };
  const { experiment: loaded } = await loadExperiment(file, { plugins: host.plugins });
  return { experiment: loaded, location: { directory: path.join(folder, name), baseDirectory: folder } };
}

async function train(name: string, model: object, training: object = {}) {
  const { experiment, location } = await load(name, model, training);
  const summary = await trainRun(host, experiment, location);
  return { experiment, location, summary };
}

/** What a run goes on with after some prompts, greedily. */
async function textsOf({ experiment, location }: Awaited<ReturnType<typeof load>>): Promise<number[][]> {
  const scope = await openTrainedRun(host, experiment, location);
  try {
    const { decoder, rule, policy } = scope.get('decoders').find(({ label }) => label === 'greedy') as NamedDecoder;
    const session = await scope.openSession();
    const prompts = ['row 1', 'of 3', '5'].map((text) => ({ tokens: Int32Array.from(Buffer.from(text)) }));
    const texts = prompts.map((): number[] => []);
    const random = () => createRandom(0, 'none');
    for await (const { prompt, tokens } of decoder.generate(session, {
      prompts,
      maxTokens: 16,
      rule,
      policy,
      random,
    })) {
      texts[prompt].push(...tokens);
    }
    session.dispose();
    return texts;
  } finally {
    await scope.dispose();
  }
}

describe.each(Object.entries(HEADS))('head %s', (label, head) => {
  test('under an attached head that stands aside, its run says what it said', async () => {
    const name = label.replaceAll(' ', '-');
    const before = await train(`${name}-under`, { trunk: TRUNK, head, match: 'none' });
    const model = { base: { run: `${name}-under` }, head: { name: 'medusa', horizon: 2 } };
    const after = await train(`${name}-under-medusa`, model, STILL);
    const texts = await textsOf(before);
    expect(await textsOf(after)).toEqual(texts);
  });

  test('attached to a run, it trains and loses nothing', async () => {
    const name = `on-${label.replaceAll(' ', '-')}`;
    const run = await train(name, { base: { run: 'base' }, head }, STILL);
    const { losslessness } = await evaluateRun(host, run.experiment, run.location);
    expect(losslessness.results).toMatchObject({ lossless: true });
    // The base's one block of trunk and its head's, whatever the new head brings.
    expect(run.summary.trunkLayers).toBe(3);
    const base = await load('base', BASE);
    if (PASSING.includes(label)) expect(await textsOf(run)).toEqual(await textsOf(base));
  });
});

test('an ablation compares heads on one base, whose checkpoint names its cells', async () => {
  const ablation = {
    formatVersion: 1,
    name: 'attached',
    output: 'out',
    base: {
      data: { dataset: { name: 'text-files', include: ['text/*.txt'] }, context: 24 },
      model: { base: { run: 'base' }, head: HEADS.medusa },
      training: { steps: 4, batch: 2, validationWindows: 1, ...STILL },
      evals: [{ name: 'losslessness', prompts: 2, promptTokens: 6, maxTokens: 12 }],
    },
    arms: [{ name: 'text' }, { name: 'model', set: { 'training.distil': { loss: 'kl', share: 1 } } }],
    match: 'none',
  };
  const file = path.join(folder, 'ablation.yaml');
  await writeFile(file, JSON.stringify(ablation));
  const plan = await planAblation(file, host);
  expect(plan.cells.map(({ experiment }) => experiment.model.base?.sha256)).toEqual([
    expect.stringMatching(/^[0-9a-f]{64}$/),
    plan.cells[0].experiment.model.base?.sha256,
  ]);
  await runAblation(plan, { host });
  const { arms } = JSON.parse(await readFile(path.join(plan.directory, 'results.json'), 'utf8'));
  expect(arms.map(({ name, lossless }: Record<string, unknown>) => [name, lossless])).toEqual([
    ['text', true],
    ['model', true],
  ]);
});

test('a head whose offset 1 comes from the further ones is no base', async () => {
  await train('anticausal', { trunk: TRUNK, head: { name: 'anticausal', horizon: 2 }, match: 'none' });
  await expect(train('on-anticausal', { base: { run: 'anticausal' }, head: HEADS.medusa })).rejects.toThrow(
    /CONFIG_CONFLICT: model\.base: head "anticausal" of the base run makes offset 1 from the 1 further offsets/,
  );
});
