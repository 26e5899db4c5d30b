// B rows, T nodes a row, D width, C width of all queries, E of all keys, F of the MLP.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { KeyValueStore } from '../key-values.ts';
import { chainNodes, createNodes, LAST_COMMITTED, type Nodes, ROOT } from '../nodes.ts';
import { openEngine } from '../open-engine.ts';
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tf } from '../tensor.ts';
import { randomArray, tensorOf, uniforms } from '../testing/judge.ts';
import { PRESENT } from '../testing/present.ts';
import type { TransformerLayerWeights } from './contract.ts';
import type { StackedLayer } from './engine-ops.ts';
import { layerByOps } from './layer-by-ops.ts';

const [D, H, G, d, F] = [20, 4, 2, 6, 28];
const SHAPE = { attentionHeads: H, keyValueHeads: G, rotaryBase: 100 };
const SIZES = {
  attentionGain_D: [D],
  query_DC: [D, H * d],
  key_DE: [D, G * d],
  value_DE: [D, G * d],
  output_CD: [H * d, D],
  mlpGain_D: [D],
  gate_DF: [D, F],
  up_DF: [D, F],
  down_FD: [F, D],
} satisfies Record<keyof TransformerLayerWeights, number[]>;

const random = <T>(shape: readonly number[], seed: number) => tensorOf(randomArray(shape, uniforms(seed))) as T;

function weightsOf(sizes: Record<string, number[]> = SIZES, seed = 0): TransformerLayerWeights {
  return Object.fromEntries(
    Object.entries(sizes).map(([name, shape], index) => [name, random(shape, seed + index + 1)]),
  ) as unknown as TransformerLayerWeights;
}

/** One forward of two rows: a tree each, of which `path` stays. */
interface Forward {
  readonly parents: readonly (readonly number[])[];
  readonly path: readonly number[];
}

const forwards = fc.array(
  fc.array(fc.nat(9), { minLength: 2, maxLength: 7 }).map((picks): Forward => {
    const parents = [picks.length, Math.max(1, picks.length - 3)].map((length) =>
      Array.from({ length }, (_, node) => (node === 0 ? LAST_COMMITTED : (picks[node] % (node + 1)) - 1)),
    );
    const path: number[] = [];
    for (let node = Math.min(...parents.map((row) => row.length)) - 1; node >= 0; node = parents[0][node])
      path.unshift(node);
    return { parents, path };
  }),
  { minLength: 1, maxLength: 4 },
);

function nodesOf({ parents }: Forward, committed: number): Nodes {
  const T = Math.max(...parents.map(({ length }) => length));
  const padded = parents.map((row) => [...row, ...Array(T - row.length).fill(LAST_COMMITTED)]);
  const level = (row: readonly number[], node: number): number => (node < 0 ? -1 : level(row, row[node]) + 1);
  return createNodes({
    T,
    parent_BT: Int32Array.from(padded.flat()),
    position_BT: Int32Array.from(padded.flatMap((row) => row.map((_, node) => committed + level(row, node)))),
    length_B: Int32Array.from(parents, ({ length }) => length),
  });
}

describe.each(PRESENT)('a transformer layer on %s', async (name) => {
  const engine = await openEngine({ name });
  const weights = weightsOf();
  beforeEach(() => openEngine({ name }));

  /** Values of real nodes, forward after forward. */
  function run(all: readonly Forward[], layer: (x: Tensor3D, at: Nodes, store: KeyValueStore) => Tensor3D): number[][] {
    const store = engine.createKeyValueStore('layer');
    for (const row of [0, 1]) store.join(row);
    let committed = 0;
    const seen = all.map((forward, index) => {
      store.bind([0, 1]);
      const at = nodesOf(forward, committed);
      const x = random<Tensor3D>([2, at.T, D], 50 + index);
      const y = engine.tidy(() => [...layer(x, at, store).dataSync()]);
      for (const row of [0, 1]) store.commit(row, forward.path);
      committed += forward.path.length;
      x.dispose();
      at.dispose();
      return forward.parents.flatMap(({ length }, row) => y.slice(row * at.T * D, (row * at.T + length) * D));
    });
    store.dispose();
    return seen;
  }

  test('gives the bits of its parts, whatever trees come and stay', () => {
    fc.assert(
      fc.property(forwards, (all) => {
        const whole = run(all, (x, at, store) =>
          engine.ops.transformerStack(x, [{ weights, store, shape: SHAPE }], at),
        );
        expect(whole).toEqual(run(all, (x, at, store) => layerByOps(engine.ops, x, weights, at, store, SHAPE)));
      }),
      { numRuns: 25 },
    );
  });

  test('frees what it makes on the way, and leaves its inputs', () => {
    const before = engine.memory();
    run([{ parents: [[ROOT, 0], [ROOT]], path: [0] }], (x, at, store) =>
      engine.ops.transformerStack(x, [{ weights, store, shape: SHAPE }], at),
    );
    expect(engine.memory().numTensors).toBe(before.numTensors);
    expect(engine.memory().bytes).toBe(before.bytes);
  });

  /** One call over a row of one node, or of none. */
  function once(wrong: { weights?: Partial<TransformerLayerWeights>; shape?: Partial<typeof SHAPE> }, T = 1) {
    const store = engine.createKeyValueStore('layer');
    store.join(0);
    store.bind([0]);
    const at = createNodes({
      T,
      parent_BT: new Int32Array(T).fill(ROOT),
      position_BT: new Int32Array(T),
      length_B: Int32Array.of(T),
    });
    const x = random<Tensor3D>([1, T, D], 3);
    const shape = { ...SHAPE, ...wrong.shape };
    const call = () =>
      engine.ops.transformerStack(x, [{ weights: { ...weights, ...wrong.weights }, store, shape }], at);
    const end = () => {
      x.dispose();
      at.dispose();
      store.dispose();
    };
    return { call, end };
  }

  describe.each([1, 0])('over %i nodes', (T) => {
    test.each<[string, Parameters<typeof once>[0]]>([
      ['a query of another width', { weights: { query_DC: random<Tensor2D>([D, d * 3], 1) } }],
      ['a matrix turned over', { weights: { down_FD: random<Tensor2D>([D, F], 1) } }],
      ['a gain of another width', { weights: { mlpGain_D: random<Tensor1D>([D + 1], 1) } }],
      ['keys of another number of heads', { shape: { keyValueHeads: 4 } }],
      ['attention heads of an odd width', { shape: { attentionHeads: 8, keyValueHeads: 4 } }],
    ])('refuses %s', (_, wrong) => {
      const { call, end } = once(wrong, T);
      expect(() => engine.tidy(call)).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
      end();
    });

    test('refuses a tape', () => {
      const { call, end } = once({}, T);
      expect(() => engine.record(call)).toThrow(expect.objectContaining({ code: 'ENGINE_MISUSE' }));
      end();
    });
  });
});

/** A layer of another shape: three attention heads of width 4, which share one key, and another rotary base. */
const OTHER = { attentionHeads: 3, keyValueHeads: 1, rotaryBase: 1000 };
const OTHER_SIZES = { ...SIZES, query_DC: [D, 12], key_DE: [D, 4], value_DE: [D, 4], output_CD: [12, D] };

describe.each(PRESENT)('a stack of transformer layers on %s', async (name) => {
  const engine = await openEngine({ name });
  const plans = [weightsOf(), weightsOf(SIZES, 30), weightsOf(OTHER_SIZES, 60), weightsOf(SIZES, 90)];
  beforeEach(() => openEngine({ name }));

  const layersOf = (): StackedLayer[] =>
    plans.map((weights, index) => {
      const store = engine.createKeyValueStore(`layer ${index}`);
      for (const row of [0, 1]) store.join(row);
      return { weights, store, shape: index === 2 ? OTHER : SHAPE };
    });

  type Stack = (x: Tensor3D, layers: readonly StackedLayer[], at: Nodes) => Tensor3D;

  /** Values of real nodes, forward after forward. */
  function run(all: readonly Forward[], stack: Stack): number[][] {
    const layers = layersOf();
    const stores = layers.map(({ store }) => store);
    let committed = 0;
    const seen = all.map((forward, index) => {
      for (const store of stores) store.bind([0, 1]);
      const at = nodesOf(forward, committed);
      const x = random<Tensor3D>([2, at.T, D], 50 + index);
      const y = engine.tidy(() => [...stack(x, layers, at).dataSync()]);
      engine.commitKeyValues(stores, [0, 1], [forward.path, forward.path]);
      committed += forward.path.length;
      x.dispose();
      at.dispose();
      return forward.parents.flatMap(({ length }, row) => y.slice(row * at.T * D, (row * at.T + length) * D));
    });
    for (const store of stores) store.dispose();
    return seen;
  }

  test('gives the bits of its layers one by one, of one shape or of several', () => {
    const oneByOne: Stack = (x, layers, at) =>
      layers.reduce((y, { weights, store, shape }) => layerByOps(engine.ops, y, weights, at, store, shape), x);
    fc.assert(
      fc.property(forwards, (all) => {
        expect(run(all, engine.ops.transformerStack)).toEqual(run(all, oneByOne));
      }),
      { numRuns: 10 },
    );
  });

  /** One node a row at a position, by the stack and by parts, each on stores of its own. */
  function atPosition(position: number, weights: TransformerLayerWeights, layersBefore?: readonly StackedLayer[]) {
    const at = chainNodes(2, 1, { start_B: [position, position] });
    const x = random<Tensor3D>([2, 1, D], 7);
    const layerOf = (): StackedLayer => {
      const store = engine.createKeyValueStore('layer');
      for (const row of [0, 1]) store.join(row);
      store.bind([0, 1]);
      return { weights, store, shape: SHAPE };
    };
    const layers = layersBefore ?? Object.freeze([layerOf()]);
    const { store } = layerOf();
    const whole = engine.tidy(() => [...engine.ops.transformerStack(x, layers, at).dataSync()]);
    const parts = engine.tidy(() => [...layerByOps(engine.ops, x, weights, at, store, SHAPE).dataSync()]);
    // As if the node had not been: the next call sees the same past.
    engine.commitKeyValues([layers[0].store], [0, 1], [[], []]);
    store.dispose();
    x.dispose();
    at.dispose();
    return { whole, parts, layers };
  }

  test.each([0, 511, 512, 5_000, 700, 2 ** 20, 2 ** 31 - 1, 1])(
    'gives the bits of its parts at position %i',
    (position) => {
      const { whole, parts, layers } = atPosition(position, plans[0]);
      expect(whole).toEqual(parts);
      layers[0].store.dispose();
    },
  );

  test('of a frozen list sees what its weights are now', () => {
    const changing = tf.variable(plans[0].value_DE);
    const weights = { ...plans[0], value_DE: changing as Tensor as Tensor2D };
    const first = atPosition(3, weights);
    const other = random<Tensor2D>(SIZES.value_DE, 77);
    changing.assign(other);
    other.dispose();
    const second = atPosition(3, weights, first.layers);
    expect(first.whole).toEqual(first.parts);
    expect(second.whole).toEqual(second.parts);
    first.layers[0].store.dispose();
    changing.dispose();
  });

  test('of a frozen list finds a weight that another engine had meanwhile', async () => {
    const own = tf.getBackend();
    const values = plans[0].value_DE.dataSync();
    await tf.setBackend('cpu');
    const travelling = tf.tensor2d(values, SIZES.value_DE as [number, number]) as Tensor as Tensor2D;
    await tf.setBackend(own);
    const weights = { ...plans[0], value_DE: travelling };
    const first = atPosition(3, weights);
    await tf.setBackend('cpu');
    tf.tidy(() => tf.square(travelling).dataSync());
    await tf.setBackend(own);
    const second = atPosition(3, weights, first.layers);
    expect(second.whole).toEqual(first.whole);
    expect(second.whole).toEqual(second.parts);
    first.layers[0].store.dispose();
    travelling.dispose();
  });

  test('refuses a position before the first', () => {
    const init = { T: 1, parent_BT: Int32Array.of(ROOT), length_B: Int32Array.of(1) };
    const at = createNodes({ ...init, position_BT: Int32Array.of(-1) });
    const store = engine.createKeyValueStore('layer');
    store.join(0);
    store.bind([0]);
    const x = random<Tensor3D>([1, 1, D], 1);
    const layers = [{ weights: plans[0], store, shape: SHAPE }];
    expect(() => engine.tidy(() => engine.ops.transformerStack(x, layers, at))).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH' }),
    );
    expect(store.undecided(0)).toBe(0);
    store.dispose();
    x.dispose();
    at.dispose();
  });

  test('of no layers gives its input', () => {
    const at = chainNodes(2, 1);
    const x = random<Tensor3D>([2, 1, D], 1);
    expect(engine.ops.transformerStack(x, [], at)).toBe(x);
    x.dispose();
  });

  test('refuses two layers with one store, and a layer whose weights do not fit', () => {
    const at = chainNodes(2, 1);
    const x = random<Tensor3D>([2, 1, D], 1);
    const layers = layersOf();
    for (const { store } of layers) store.bind([0, 1]);
    const call = (last: Partial<StackedLayer>) => () =>
      engine.tidy(() => engine.ops.transformerStack(x, [layers[0], { ...layers[1], ...last }], at));
    expect(call({ store: layers[0].store })).toThrow(expect.objectContaining({ code: 'ENGINE_MISUSE' }));
    expect(call({ weights: plans[2] })).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
    // Nothing was appended by the layer before the one that is refused.
    expect(layers.map(({ store }) => store.undecided(0))).toEqual([0, 0, 0, 0]);
    for (const { store } of layers) store.dispose();
    x.dispose();
    at.dispose();
  });
});
