// B rows, T positions, D width, F features, N rows, E readout input width.
import { appendFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { chainNodes, type Engine, openEngine, type Tensor2D, tf } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoredTensor } from '../checkpoints/safetensors.ts';
import { writeRun } from '../config/base-run.fixture.ts';
import { readBaseRun } from '../config/base-run.ts';
import type { BaseRun, Experiment } from '../config/experiment.ts';
import type { LanguageModel } from '../contracts/model.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { buildModel, type TrainableModel } from '../model/build-model.ts';
import { forwardOffsets } from '../model/forward.ts';
import { type Definition, defineHead } from '../plugins/define.ts';
import { createRandom } from '../random/random.ts';
import { startFromBase } from './base-weights.ts';
import { blocksHead, CONTEXT, tinyTrunk, VOCABULARY } from './tiny-model.fixture.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

/** Two residual layers for each further offset, nothing at offset 1, as Medusa's heads. */
const medusa = defineHead({
  name: 'medusa',
  create({ ops, param, dims }) {
    const weights_DD = new Map(
      Array.from({ length: dims.horizon - 1 }, (_, i) => [
        i + 2,
        param<Tensor2D>(`weights.${i + 2}`, [dims.width, dims.width]),
      ]),
    );
    return {
      forward: (offset, { trunk: [hidden_BTD] }) =>
        offset === 1 ? hidden_BTD : ops.add(hidden_BTD, ops.silu(ops.linear(hidden_BTD, weights_DD.get(offset)!))),
    };
  },
});

/** The tokens ahead beside the state, as Hydra. */
const hydra = defineHead({
  name: 'hydra',
  create({ ops, param, dims, embed }) {
    const weights_FD = [2, 3].map((offset) => param<Tensor2D>(`merge.${offset}`, [offset * dims.width, dims.width]));
    return {
      reads: { ahead: true },
      forward: (offset, { trunk: [hidden_BTD], ahead }) =>
        offset === 1
          ? hidden_BTD
          : ops.linear(ops.concat([hidden_BTD, ...ahead.map(embed)], 2), weights_FD[offset - 2]),
    };
  },
});

interface Settings {
  readonly head: Definition<'head'>;
  readonly horizon?: number;
  readonly readout?: 'shared' | 'replicated';
  readonly base?: BaseRun;
  readonly baseHeads?: readonly Definition<'head'>[];
  readonly seed?: number;
}

function modelOf({ head, horizon = 3, readout = 'shared', base, baseHeads, seed = 0 }: Settings) {
  const model: Experiment['model'] = {
    ...(base && { base }),
    trunk: { name: 'tiny' },
    head: { name: head.name, horizon },
    readout,
    match: 'none',
    maxOffset: 3,
  };
  const data = { context: CONTEXT, dataset: { name: 'none' }, tokenizer: { name: 'none' } };
  const experiment = { seed, data, model };
  const built = buildModel({ engine, experiment, trunk: tinyTrunk, head, baseHeads, vocabulary: VOCABULARY });
  return { built, model };
}

/** Large enough that greedy choices differ from place to place. */
function shake(model: TrainableModel): void {
  for (const [name, weight] of model.parameters) {
    const random = createRandom(7, name);
    const values = Float32Array.from(weight.dataSync(), (value) => value + random.normal());
    model.store.replace(name, tf.tensor(values, weight.shape));
  }
}

/** A finished run with shaken weights; its model is the caller's. */
async function finishedRun(settings: Settings) {
  const { built, model } = modelOf(settings);
  shake(built);
  const folder = temporaryFolder();
  const tensors = new Map(
    [...built.parameters].map(([name, weight]): [string, StoredTensor] => [
      `model/${name}`,
      { dtype: 'F32', shape: weight.shape, data: Float32Array.from(weight.dataSync()) },
    ]),
  );
  const experiment = { model, data: { tokenizer: { name: 'none' } } };
  const file = await writeRun(path.join(folder, 'base'), { experiment, tensors });
  return { built, folder, file, base: readBaseRun('base', path.join(folder, 'base')) };
}

/** Logits of offset 1 after every token. */
function logitsOf(model: LanguageModel, tokens: readonly number[]): Float32Array {
  const T = tokens.length;
  const at = chainNodes(1, T);
  const input = {
    tokens: { B: 1, T, tokens_BT: Int32Array.from(tokens), ahead: () => new Int32Array(T) },
    at,
    random: createRandom(0, 'none'),
  };
  const logits = engine.tidy(() => {
    const { hidden_BTE } = forwardOffsets(model, input, [1]).offsets.get(1)!;
    const hidden_NE = engine.ops.reshape<Tensor2D>(hidden_BTE, [T, hidden_BTE.shape[2]]);
    return Float32Array.from(engine.ops.readoutLogits(hidden_NE, model.readout(1)).dataSync());
  });
  at.dispose();
  return logits;
}

/** Greedy text by one whole forward per token. */
function greedy(model: LanguageModel, prompt: readonly number[], count: number): number[] {
  const tokens = [...prompt];
  for (let i = 0; i < count; i++) {
    const last = logitsOf(model, tokens).slice(-VOCABULARY);
    tokens.push(last.indexOf(Math.max(...last)));
  }
  return tokens;
}

describe.each([medusa, hydra])('head $name, attached to a trained head with blocks of its own', (head) => {
  test.each(['shared', 'replicated'] as const)(
    'says before training what the base model says, readout %s',
    async (readout) => {
      const { built: before, folder, base } = await finishedRun({ head: blocksHead, readout });
      const { built: model } = modelOf({ head, base, baseHeads: [blocksHead], seed: 5 });
      const prompt = [3, 1, 4];
      expect(logitsOf(model, prompt)).not.toEqual(logitsOf(before, prompt));
      await startFromBase(model, base, folder);
      expect(logitsOf(model, [3, 1, 4, 1, 5])).toEqual(logitsOf(before, [3, 1, 4, 1, 5]));
      const prompts = Array.from({ length: VOCABULARY }, (_, token) => [token, (3 * token) % VOCABULARY]);
      const texts = prompts.map((given) => greedy(before, given, 12));
      expect(prompts.map((given) => greedy(model, given, 12))).toEqual(texts);
      // A model that says one token for ever would prove little.
      expect(new Set(texts.flatMap((text) => text.slice(2))).size).toBeGreaterThan(5);
      for (const each of [before, model]) each.dispose();
    },
  );
});

test('what is made is the base’s trunk, offset 1 of its head, its readout, and the new head', async () => {
  const { built: before, base } = await finishedRun({ head: blocksHead, readout: 'replicated' });
  const { built: model } = modelOf({ head: medusa, base, baseHeads: [blocksHead] });
  const names = [...model.parameters.keys()];
  const of = (prefix: string, source: string) =>
    [...before.parameters.keys()]
      .filter((name) => name.startsWith(source))
      .map((name) => prefix + name.slice(source.length));
  expect(new Set(names)).toEqual(
    new Set([
      ...of('trunk/', 'trunk/'),
      ...of('trunk/head/blocks.1.', 'head/blocks.1.'),
      ...of('readout/', 'readout/'),
      'head/weights.2',
      'head/weights.3',
    ]),
  );
  // Three blocks of the trunk and one of the head; the new head brings none.
  expect(model.dims).toMatchObject({ trunkLayers: 4, layers: 4, horizon: 3 });
  for (const each of [before, model]) each.dispose();
});

test('a new head with blocks has them on top, with the sizes of the trunk’s', async () => {
  const { built: before, base } = await finishedRun({ head: blocksHead });
  const { built: model } = modelOf({ head: blocksHead, base, baseHeads: [blocksHead] });
  expect(model.dims).toMatchObject({ trunkLayers: 4, layers: 5, block: before.dims.block });
  for (const each of [before, model]) each.dispose();
});

test('replicated readouts start as copies of the base’s', async () => {
  const { built: before, folder, base } = await finishedRun({ head: blocksHead });
  const { built: model } = modelOf({ head: medusa, base, baseHeads: [blocksHead], readout: 'replicated' });
  await startFromBase(model, base, folder);
  const unembedding = before.parameters.get('readout/unembedding')!.dataSync();
  for (const name of ['readout', 'readout.2', 'readout.3']) {
    expect(model.parameters.get(`${name}/unembedding`)!.dataSync()).toEqual(unembedding);
  }
  for (const each of [before, model]) each.dispose();
});

test('a run that was attached itself is a base too, its heads apart', async () => {
  const first = await finishedRun({ head: blocksHead });
  const second = await finishedRun({ head: blocksHead, base: first.base, baseHeads: [blocksHead] });
  const { built: model } = modelOf({ head: medusa, base: second.base, baseHeads: [blocksHead, blocksHead] });
  expect(model.dims.trunkLayers).toBe(5);
  expect([...model.parameters.keys()]).toEqual(
    expect.arrayContaining(['trunk/blocks.2.query', 'trunk/head/blocks.1.query', 'trunk/head.2/blocks.1.query']),
  );
  await startFromBase(model, second.base, second.folder);
  const tokens = [2, 7, 1, 8, 2];
  expect(logitsOf(model, tokens)).toEqual(logitsOf(second.built, tokens));
  for (const each of [first.built, second.built, model]) each.dispose();
});

describe('a base that cannot give what is asked of it is refused', () => {
  test('weights of offset 1 that depend on the horizon', async () => {
    const entangled = defineHead({
      name: 'entangled',
      create({ ops, param, dims }) {
        const weight_DD = param<Tensor2D>(`of-${dims.horizon}`, [dims.width, dims.width]);
        param('sizes', [dims.horizon]);
        return { forward: (_, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, weight_DD) };
      },
    });
    const { built: before, folder, base } = await finishedRun({ head: entangled });
    const { built: model } = modelOf({ head: medusa, base, baseHeads: [entangled] });
    await expect(startFromBase(model, base, folder)).rejects.toThrow(
      /CONFIG_CONFLICT: .*head "entangled" cannot be taken by themselves: they would have model\/head\/of-1 \[8,8\], model\/head\/sizes \[1\] \(there it is \[3\]\)/,
    );
    for (const each of [before, model]) each.dispose();
  });

  test('another checkpoint than the experiment was resolved with', async () => {
    const { built: before, folder, base } = await finishedRun({ head: blocksHead });
    const { built: model } = modelOf({ head: medusa, base, baseHeads: [blocksHead] });
    const other = { ...base, sha256: base.sha256.replace(/./g, 'a') };
    await expect(startFromBase(model, other, folder)).rejects.toThrow(
      /RUN_MISMATCH: .*has another checkpoint.*Restore it, or start a new run/,
    );
    for (const each of [before, model]) each.dispose();
  });

  test('a damaged or missing file', async () => {
    const { built: before, folder, file, base } = await finishedRun({ head: blocksHead });
    const { built: model } = modelOf({ head: medusa, base, baseHeads: [blocksHead] });
    appendFileSync(file, 'x');
    await expect(startFromBase(model, base, folder)).rejects.toThrow(/FILE_CORRUPT/);
    rmSync(path.join(folder, 'base'), { recursive: true });
    await expect(startFromBase(model, base, folder)).rejects.toThrow(/RUN_NOT_FOUND/);
    for (const each of [before, model]) each.dispose();
  });
});
