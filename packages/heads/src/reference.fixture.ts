// Compares a head with its PyTorch reference. B rows, T positions, D width.
import { readdirSync, readFileSync } from 'node:fs';
import { createRegistry, type Definition, type Json, PLUGIN_API, type Random } from '@foretoken/core';
import { buildModel, forwardOffsets, type TrainableModel } from '@foretoken/core/model';
import { createTransformerBlock, defineTrunk, type Tensor2D, type Tensor3D, Type } from '@foretoken/core/plugin';
import { joint, makeBatch, type TokenBatch } from '@foretoken/core/training';
import { createNodes, type Engine, type EngineName, listEngines, openEngine, tf } from '@foretoken/engine';
import { beforeAll, describe, expect, test } from 'vitest';

const FOLDER = new URL('../reference/fixtures/', import.meta.url);
/** Parameters are whole numbers of 1/1024: exact in float32. */
const UNIT = 1024;
const VOCABULARY = 11;
/** Largest error of hidden states and losses, beside 1 or the value itself. */
const TOLERANCE = 1e-5;
/** Gradients add up many more roundings. */
const GRADIENT_TOLERANCE = 5e-5;

/** What `reference/generate.py` writes; `reference/README.md` explains it. */
interface ReferenceCase {
  readonly head: { readonly name: string; readonly horizon: number; readonly [option: string]: Json };
  readonly model: {
    readonly readout: 'shared' | 'replicated';
    readonly trunkLayers: number;
    readonly maxOffset: number;
  };
  readonly text: { readonly T: number; readonly tokens: number[][]; readonly documents: number[][] };
  readonly draws: readonly number[];
  readonly parameters: Readonly<Record<string, { readonly shape: number[]; readonly values: number[] }>>;
  readonly hidden: Readonly<Record<string, readonly number[]>>;
  readonly losses: Readonly<Record<string, number>>;
  readonly gradientNorms: Readonly<Record<string, number>>;
}

/** The trunk of reference/blocks.py. It has as many blocks as the fixture says, whatever the head takes from it. */
const referenceTrunk = defineTrunk({
  name: 'reference',
  options: Type.Object({ blocks: Type.Integer() }),
  shape: () => ({
    width: 8,
    layers: 100,
    block: { attentionHeads: 2, keyValueHeads: 1, mlpWidth: 12, rotaryBase: 10_000 },
  }),
  create({ ops, param, dims }, { blocks }) {
    const table_VD = param<Tensor2D>('embedding', [dims.vocabulary, dims.width]);
    const layers = Array.from({ length: blocks }, (_, i) =>
      createTransformerBlock({ ops, param }, `blocks.${i}`, dims),
    );
    return {
      embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
      forward(x_BTD, at, memory, taps) {
        const states: Tensor3D[] = [x_BTD];
        for (const [i, run] of layers.entries()) states.push(run(states[i], at, memory.kv(`blocks.${i}`)));
        return taps.map((share) => states[Math.round(share * blocks)]);
      },
    };
  },
});

const ENGINES = await presentEngines();

/**
 * The comparison with PyTorch as vitest tests: every fixture of a head, on native and wasm where they can run. Hidden
 * states of every offset and the losses agree to 1e-5, the gradient of the summed losses to 5e-5 of its length.
 *
 * ```ts
 * describeReference(lowRank, 'low-rank');
 * ```
 */
export function describeReference(plugin: Definition<'head'>, name: string): void {
  const cases = casesOf(name);
  for (const engineName of ENGINES) {
    describe(`head "${name}" and its PyTorch reference, engine ${engineName}`, () => {
      let engine: Engine;
      beforeAll(async () => {
        engine = await openEngine({ name: engineName });
      });
      for (const [file, reference] of cases) {
        test(`${file}: hidden states, losses and gradients are those of the reference`, () => {
          compare(engine, plugin, reference);
        });
      }
    });
  }
}

/** Native and wasm where they can run, or those that FORETOKEN_TEST_ENGINES names: none of them may be left out. */
async function presentEngines(): Promise<readonly EngineName[]> {
  const asked = process.env.FORETOKEN_TEST_ENGINES?.split(',');
  const wanted = (await listEngines()).filter(({ name }) => (asked ?? ['native', 'wasm']).includes(name));
  const missing = wanted.filter(({ available }) => !available);
  if (asked && missing.length > 0)
    throw new Error(`FORETOKEN_TEST_ENGINES names ${missing[0].name}, but: ${missing[0].detail}`);
  const present = wanted.filter(({ available }) => available).map(({ name }) => name);
  if (present.length === 0) throw new Error('no engine to compare on: native and wasm cannot run here.');
  return present;
}

function casesOf(name: string): readonly (readonly [string, ReferenceCase])[] {
  const cases = readdirSync(FOLDER)
    .sort()
    .map((file) => [file, JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as ReferenceCase] as const)
    .filter(([, { head }]) => head.name === name);
  if (cases.length === 0) throw new Error(`no fixture of "${name}": run reference/generate.py ${name}.`);
  return cases;
}

function compare(engine: Engine, plugin: Definition<'head'>, reference: ReferenceCase): void {
  const model = buildReferenceModel(engine, plugin, reference);
  const { T, tokens, documents } = reference.text;
  const read = (row: number) => ({
    tokens: Int32Array.from(tokens[row]),
    document: Int32Array.from(documents[row]),
  });
  const batch = makeBatch({ count: tokens.length, read }, [...tokens.keys()], { ...reference.model, context: T });
  try {
    expectClose(hiddenOf(model, batch, reference), reference.hidden);
    const { losses, gradientNorms } = stepOf(model, batch, reference);
    expectNear('loss', losses, reference.losses, TOLERANCE);
    expectNear('gradient', gradientNorms, reference.gradientNorms, GRADIENT_TOLERANCE);
  } finally {
    model.dispose();
  }
}

function buildReferenceModel(engine: Engine, plugin: Definition<'head'>, reference: ReferenceCase): TrainableModel {
  const { head, model: settings, parameters, text } = reference;
  const { horizon, ...named } = head;
  const registry = createRegistry();
  registry.register(plugin, { package: 'under-test', version: '0.0.0', api: PLUGIN_API });
  const options = registry.checkOptions('head', named, 'the fixture');
  const model = buildModel({
    engine,
    trunk: referenceTrunk,
    head: plugin,
    vocabulary: VOCABULARY,
    experiment: {
      seed: 0,
      data: { context: text.T, dataset: { name: 'none' }, tokenizer: { name: 'none' } },
      model: {
        trunk: { name: referenceTrunk.name, blocks: settings.trunkLayers },
        head: { ...options, name: head.name, horizon },
        readout: settings.readout,
        match: 'none',
        maxOffset: settings.maxOffset,
      },
    },
  });
  // Same names on both sides: a weight that only one of them has is a difference, too.
  expect([...model.parameters.keys()].sort()).toEqual(Object.keys(parameters).sort());
  for (const [name, { shape, values }] of Object.entries(parameters)) {
    model.store.replace(
      name,
      tf.tensor(
        values.map((value) => value / UNIT),
        shape,
      ),
    );
  }
  return model;
}

function hiddenOf(model: TrainableModel, tokens: TokenBatch, { draws }: ReferenceCase): Map<string, number[]> {
  const at = createNodes(tokens);
  try {
    return model.engine.tidy(() => {
      const { offsets } = forwardOffsets(model, { tokens, at, random: replayed(draws) }, model.offsets);
      const values = [...offsets].map(
        ([offset, { hidden_BTE }]) => [String(offset), Array.from(hidden_BTE.dataSync())] as const,
      );
      return new Map(values);
    });
  } finally {
    at.dispose();
  }
}

/** Every term weighs 1. */
function stepOf(model: TrainableModel, tokens: TokenBatch, { draws }: ReferenceCase) {
  const at = createNodes(tokens);
  const validTargets = (offset: number) => tokens.target(offset).filter((target) => target >= 0).length;
  const batch = {
    input: { tokens, at, random: replayed(draws) },
    targets: { target: (offset: number) => tokens.target(offset), validTargets },
  };
  try {
    const { losses, gradients } = joint(model, { batch, offsets: model.offsets, weight: () => 1, batches: 1 });
    const gradientNorms = new Map([...model.parameters.keys()].map((name) => [name, 0]));
    for (const [name, gradient] of gradients) {
      gradientNorms.set(name, Math.hypot(...gradient.dataSync()));
      gradient.dispose();
    }
    return { losses, gradientNorms };
  } finally {
    at.dispose();
  }
}

/** A stream that gives the reference's numbers, in order, as integers. */
function replayed(draws: readonly number[]): Random {
  let next = 0;
  const refuse = () => {
    throw new Error('the reference draws integers only.');
  };
  return {
    uniform: refuse,
    normal: refuse,
    state: refuse,
    integer(below) {
      const draw = draws[next++];
      if (draw === undefined || draw >= below) throw new Error(`draw ${next} is ${draw}, must be below ${below}.`);
      return draw;
    },
  };
}

function expectClose(got: ReadonlyMap<string, readonly number[]>, wanted: ReferenceCase['hidden']): void {
  expect([...got.keys()].sort()).toEqual(Object.keys(wanted).sort());
  for (const [offset, values] of Object.entries(wanted)) {
    const mine = got.get(offset)!;
    expect(mine.length).toBe(values.length);
    const worst = values.reduce((most, value, i) => Math.max(most, errorOf(mine[i], value)), 0);
    expect(worst, `largest error of the hidden states of offset ${offset}`).toBeLessThanOrEqual(TOLERANCE);
  }
}

function expectNear(
  what: string,
  got: ReadonlyMap<string, number>,
  wanted: Readonly<Record<string, number>>,
  tolerance: number,
): void {
  expect([...got.keys()].sort()).toEqual(Object.keys(wanted).sort());
  for (const [name, value] of Object.entries(wanted)) {
    expect(errorOf(got.get(name)!, value), `error of the ${what} of "${name}", ${value}`).toBeLessThanOrEqual(
      tolerance,
    );
  }
}

/** NaN is an error without bound. */
function errorOf(got: number, wanted: number): number {
  const error = Math.abs(got - wanted) / Math.max(1, Math.abs(wanted));
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}
