// T nodes of a forward, H attention heads, G key/value heads, d width of one attention head.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { KeyValueStore } from './key-values.ts';
import { chainNodes, createNodes, LAST_COMMITTED, ROOT } from './nodes.ts';
import { type Array64, attention } from './reference/index.ts';
import type { Tensor4D } from './tensor.ts';
import { tf } from './tensor.ts';
import { randomArray, relativeError, tensorOf, uniforms } from './testing/judge.ts';
import { VARIANTS } from './testing/variants.ts';

const [H, G, d] = [4, 2, 3];
const C = G * d;
const misuse = expect.objectContaining({ code: 'SESSION_MISUSE' });

interface ModelNode {
  readonly key: Float64Array;
  readonly value: Float64Array;
  readonly parent: number;
}

/** A row as a plain list of what it was fed: the model that the store is held against. */
interface ModelRow {
  committed: ModelNode[];
  undecided: ModelNode[];
}

const lastDocument = (committed: readonly ModelNode[]): ModelNode[] =>
  committed.slice(
    Math.max(
      0,
      committed.findLastIndex(({ parent }) => parent === ROOT),
    ),
  );

/** What an undecided node sees, oldest first. */
function seenBy({ committed, undecided }: ModelRow, node: number): ModelNode[] {
  const seen: ModelNode[] = [];
  let at = node;
  for (; at >= 0; at = undecided[at].parent) seen.unshift(undecided[at]);
  return at === ROOT ? seen : [...lastDocument(committed), ...seen];
}

/** Undecided ancestors of a node and the node, oldest first: a path that may be committed. */
function pathTo({ undecided }: ModelRow, node: number): number[] {
  const path: number[] = [];
  for (let at = node; at >= 0; at = undecided[at].parent) path.unshift(at);
  return path;
}

const expectedOutput = (query: Array64, seen: readonly ModelNode[]): Float64Array => {
  const stacked = (field: 'key' | 'value') => ({
    shape: [1, seen.length, G, d],
    values: Float64Array.from(seen.flatMap((node) => [...node[field]])),
  });
  return attention({ ...query, shape: [1, 1, H, d] }, stacked('key'), stacked('value'), () => true).values;
};

describe.each(VARIANTS)('on $title', async ({ open }) => {
  const engine = await open();
  beforeEach(() => open());

  /** Feeds rows T random nodes each (fewer in some), checks every real node's output against the model. */
  function forward(
    store: KeyValueStore,
    model: Map<number, ModelRow>,
    rows: readonly number[],
    T: number,
    next: () => number,
  ) {
    const B = rows.length;
    const lengths = rows.map(() => Math.floor(next() * (T + 1)));
    const parents = rows.map((row, index) => {
      const first = model.get(row)!.undecided.length;
      return Array.from({ length: T }, (_, node) => {
        if (node >= lengths[index]) return LAST_COMMITTED;
        return Math.max(ROOT, Math.floor(next() * (first + node + 3)) - 3);
      });
    });
    const [q, k, v] = [H, G, G].map((heads) => randomArray([B, T, heads, d], next));
    const at = createNodes({
      T,
      position_BT: new Int32Array(B * T),
      parent_BT: Int32Array.from(parents.flat()),
      length_B: Int32Array.from(lengths),
    });
    store.bind(rows);
    const before = engine.memory().numTensors;
    const tensors = [q, k, v].map((x) => tensorOf<Tensor4D>(x));
    const out = engine.ops.attention(tensors[0], tensors[1], tensors[2], at, store);
    const values = out.dataSync();
    tf.dispose([out, ...tensors]);
    expect(engine.memory().numTensors).toBe(before);
    for (const [index, row] of rows.entries()) {
      const rowModel = model.get(row)!;
      for (let node = 0; node < lengths[index]; node++) {
        const start = (index * T + node) * C;
        const [key, value] = [k, v].map((x) => x.values.slice(start, start + C));
        rowModel.undecided.push({ key, value, parent: parents[index][node] });
        const from = (index * T + node) * H * d;
        const query = { shape: [H, d], values: q.values.slice(from, from + H * d) };
        const seen = seenBy(rowModel, rowModel.undecided.length - 1);
        expect(relativeError(values.slice(from, from + H * d), expectedOutput(query, seen))).toBeLessThan(1e-5);
      }
    }
  }

  function step(kind: number, store: KeyValueStore, model: Map<number, ModelRow>, newRow: number, next: () => number) {
    const rows = [...model.keys()];
    const row = rows[Math.floor(next() * rows.length)];
    if (kind === 0 || row === undefined) {
      store.join(newRow);
      model.set(newRow, { committed: [], undecided: [] });
    } else if (kind === 1) {
      store.fork(row, newRow);
      model.set(newRow, { committed: [...model.get(row)!.committed], undecided: [] });
    } else if (kind === 2) {
      store.leave(row);
      model.delete(row);
    } else if (kind <= 12) {
      const some = rows.filter(() => next() < 0.7).sort(() => next() - 0.5);
      if (some.length > 0) forward(store, model, some, 1 + Math.floor(next() * 4), next);
    } else {
      const rowModel = model.get(row)!;
      const path = pathTo(rowModel, Math.floor(next() * (rowModel.undecided.length + 1)) - 1);
      store.commit(row, path);
      rowModel.committed.push(...path.map((node) => rowModel.undecided[node]));
      rowModel.undecided = [];
    }
    for (const [id, { committed, undecided }] of model) {
      expect([store.length(id), store.undecided(id)]).toEqual([committed.length, undecided.length]);
    }
  }

  test('after any sequence of joins, forwards, commits, forks and leaves each node sees its own past alone', () => {
    const plan = fc.tuple(fc.integer(), fc.array(fc.integer({ min: 0, max: 19 }), { minLength: 30, maxLength: 60 }));
    fc.assert(
      fc.property(plan, ([seed, kinds]) => {
        const store = engine.createKeyValueStore('test');
        const model = new Map<number, ModelRow>();
        const next = uniforms(seed);
        for (const [index, kind] of kinds.entries()) step(kind, store, model, index, next);
        store.dispose();
      }),
      { numRuns: 25, seed: 11 },
    );
  });

  test('a path out of order is committed whole', () => {
    const store = engine.createKeyValueStore('test');
    store.join(0);
    store.bind([0]);
    const at = createNodes({
      T: 3,
      position_BT: new Int32Array(3),
      parent_BT: Int32Array.from([-1, -1, -1]),
      length_B: Int32Array.from([3]),
    });
    tf.tidy(() => {
      const values = tf.tensor4d([1, 2, 3], [1, 3, 1, 1]);
      engine.ops.attention(values, values, values, at, store);
      store.commit(0, [2, 0]);
      // A query of zeros weighs what it sees alike: the values 3 and 1, and its own 5.
      const [zero, five] = [0, 5].map((value) => tf.tensor4d([value], [1, 1, 1, 1]));
      const seen = engine.ops.attention(zero, zero, five, chainNodes(1, 1), store);
      expect(seen.dataSync()[0]).toBeCloseTo(3, 5);
    });
  });

  test('a recording refuses a store with a past', () => {
    const store = engine.createKeyValueStore('test');
    store.join(0);
    store.bind([0]);
    const x = tf.ones([1, 1, 1, 2]) as Tensor4D;
    const at = chainNodes(1, 1);
    expect(() => engine.record(() => engine.ops.attention(x, x, x, at, store))).toThrow(
      expect.objectContaining({ code: 'ENGINE_MISUSE' }),
    );
    x.dispose();
  });

  test('rows that are not open, open already or not bound, and nodes that never came, are refused', () => {
    const store = engine.createKeyValueStore('k');
    const x = tf.ones([1, 1, 1, 2]) as Tensor4D;
    const at = chainNodes(1, 1);
    expect(() => engine.ops.attention(x, x, x, at, store)).toThrow(misuse);
    store.join(3);
    for (const call of [
      () => store.join(3),
      () => store.leave(4),
      () => store.length(4),
      () => store.fork(4, 5),
      () => store.fork(3, 3),
      () => store.bind([3, 4]),
      () => store.commit(3, [0]),
    ]) {
      expect(call).toThrow(misuse);
    }
    store.bind([3]);
    const orphan = createNodes({
      T: 1,
      position_BT: new Int32Array(1),
      parent_BT: Int32Array.from([0]),
      length_B: Int32Array.from([1]),
    });
    expect(() => engine.ops.attention(x, x, x, orphan, store)).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH' }),
    );
    x.dispose();
  });
});
