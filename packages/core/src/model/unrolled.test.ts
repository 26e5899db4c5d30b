// B rows, T positions, D width, H attention heads, G = 1 key/value head, d width of one attention head, V vocabulary.
// What a head with one memory for all its offsets computes over whole windows, against plain loops in float64 that name
// for each offset and column what it may see.
import { createNodes, type Engine, listEngines, openEngine, type Tensor2D, type Tensor4D } from '@foretoken/engine';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineHead } from '../plugins/define.ts';
import { createRandom } from '../random/random.ts';
import { tinyModel, VOCABULARY } from '../training/tiny-model.fixture.ts';
import type { TrainableModel } from './build-model.ts';
import { forwardOffsets } from './forward.ts';

const [B, T, D, H, HORIZON] = [2, 6, 8, 2, 5];
const d = D / H;
/** The second row holds two documents: the second one starts at column 2. */
const DOCUMENT_START = [0, 2];
const LARGE = { kind: 'normal', standardDeviation: 0.25 } as const;

const random = createRandom(5, 'unrolled');
const TEXT = Array.from({ length: B }, () => Array.from({ length: T + HORIZON }, () => random.integer(VOCABULARY)));
const startOf = (row: number, column: number) => (column >= DOCUMENT_START[row] ? DOCUMENT_START[row] : 0);

/** One attention layer over what it carries and the token ahead, for every offset past the first. */
const attending = defineHead({
  name: 'attending',
  create({ ops, param, embed }) {
    const merge = param<Tensor2D>('merge', [2 * D, D], LARGE);
    const [query, key, value] = ['query', 'key', 'value'].map((name) =>
      param<Tensor2D>(name, [D, name === 'query' ? D : d], LARGE),
    );
    return {
      memory: 'unrolled',
      reads: { carry: 'nearer', ahead: true },
      forward(offset, { trunk: [hidden_BTD], carry_BTC, ahead, at, memory }) {
        if (offset === 1) return hidden_BTD;
        const x_BTD = ops.linear(ops.concat([carry_BTC!, embed(ahead[offset - 2])], 2), merge);
        const [q, k, v] = [query, key, value].map((weight) =>
          ops.reshape<Tensor4D>(ops.linear(x_BTD, weight), [B, T, weight === query ? H : 1, d]),
        );
        const seen = ops.attention(ops.rotary(q, at), ops.rotary(k, at), v, at, memory.kv('layer'));
        return ops.add(x_BTD, ops.reshape(seen, [B, T, D]));
      },
    };
  },
});

/** A recurrence instead of attention: every offset goes on from the state of the one before in its column. */
const recurring = defineHead({
  name: 'recurring',
  create({ ops, embed }) {
    return {
      memory: 'unrolled',
      reads: { ahead: true },
      forward(offset, { trunk: [hidden_BTD], ahead, memory }) {
        if (offset === 1) return hidden_BTD;
        const x_BTD = embed(ahead[offset - 2]);
        return memory.scan('state', ops.ones([D]), (state_BD, node) => {
          const x_BD = ops.reshape<Tensor2D>(ops.slice(x_BTD, [0, node, 0], [B, 1, D]), [B, D]);
          return ops.tanh(ops.add(x_BD, ops.mul(state_BD as Tensor2D, 0.7)));
        }) as never;
      },
    };
  },
});

type Vector = readonly number[];

function nodes() {
  const at = (row: number, column: number) => column - startOf(row, column);
  const all = TEXT.flatMap((_, row) => Array.from({ length: T }, (_, column) => ({ row, column })));
  return createNodes({
    T,
    position_BT: Int32Array.from(all, ({ row, column }) => at(row, column)),
    parent_BT: Int32Array.from(all, ({ row, column }) => (at(row, column) === 0 ? -2 : column - 1)),
    length_B: Int32Array.of(T, T),
  });
}

/** Hidden states [row][column] of each offset, as a model gives them. */
function hiddenOf(model: TrainableModel): Map<number, Vector[][]> {
  const at = nodes();
  const tokens = {
    B,
    T,
    tokens_BT: Int32Array.from(TEXT.flatMap((row) => row.slice(0, T))),
    ahead: (shift: number) => Int32Array.from(TEXT.flatMap((row) => row.slice(shift, T + shift))),
  };
  try {
    return model.engine.tidy(() => {
      const { offsets } = forwardOffsets(model, { tokens, at, random }, model.offsets);
      return new Map([...offsets].map(([offset, { hidden_BTE }]) => [offset, hidden_BTE.arraySync()]));
    });
  } finally {
    at.dispose();
  }
}

const weightOf = (model: TrainableModel, name: string) => model.parameters.get(name)!.arraySync() as number[][];
const product = (x: Vector, weight: readonly Vector[]): Vector =>
  weight[0].map((_, column) => x.reduce((sum, value, row) => sum + value * weight[row][column], 0));
const plus = (a: Vector, b: Vector): Vector => a.map((value, at) => value + b[at]);
const dot = (a: Vector, b: Vector) => a.reduce((sum, value, at) => sum + value * b[at], 0);

function turned(x: Vector, position: number): Vector {
  const half = x.length / 2;
  return x.map((value, at) => {
    const angle = position * 10_000 ** ((-2 * (at % half)) / x.length);
    return at < half
      ? value * Math.cos(angle) - x[at + half] * Math.sin(angle)
      : value * Math.cos(angle) + x[at - half] * Math.sin(angle);
  });
}

/** Which nodes offset `offset` sees at a column: offset 2's of its document so far, and its own column's since. */
function visible(row: number, column: number, offset: number): { offset: number; column: number }[] {
  const text: { offset: number; column: number }[] = [];
  for (let s = startOf(row, column); s <= column; s++) text.push({ offset: 2, column: s });
  for (let further = 3; further <= offset; further++) text.push({ offset: further, column });
  return text;
}

/** What {@link attending} is to give, from the states of the trunk on. */
function attended(model: TrainableModel, trunk: Vector[][]): Map<number, Vector[][]> {
  const [merge, query, key, value] = ['merge', 'query', 'key', 'value'].map((name) => weightOf(model, `head/${name}`));
  const table = weightOf(model, 'trunk/embedding');
  const results = new Map([[1, trunk]]);
  const nodesOf = new Map<string, { x: Vector; k: Vector; v: Vector; position: number }>();
  for (let offset = 2; offset <= HORIZON; offset++) {
    for (let row = 0; row < B; row++) {
      for (let column = 0; column < T; column++) {
        const carry = results.get(offset - 1)![row][column];
        const x = product([...carry, ...table[TEXT[row][column + offset - 1]]], merge);
        const position = column - startOf(row, column) + offset - 2;
        nodesOf.set(`${offset} ${row} ${column}`, {
          x,
          k: turned(product(x, key), position),
          v: product(x, value),
          position,
        });
      }
    }
    results.set(
      offset,
      TEXT.map((_, row) =>
        Array.from({ length: T }, (_, column) => {
          const { x, position } = nodesOf.get(`${offset} ${row} ${column}`)!;
          const seen = visible(row, column, offset).map((node) => nodesOf.get(`${node.offset} ${row} ${node.column}`)!);
          const queries = product(x, query);
          const out = Array.from({ length: H }, (_, head) => {
            const q = turned(queries.slice(head * d, (head + 1) * d), position);
            const weights = seen.map(({ k }) => Math.exp(dot(q, k) / Math.sqrt(d)));
            const sum = weights.reduce((a, b) => a + b, 0);
            return Array.from(
              { length: d },
              (_, at) =>
                dot(
                  weights,
                  seen.map(({ v }) => v[at]),
                ) / sum,
            );
          });
          return plus(x, out.flat());
        }),
      ),
    );
  }
  return results;
}

/** What {@link recurring} is to give: the state of the text up to the column, then one step an offset. */
function recurred(model: TrainableModel, row: number, column: number, offset: number): Vector {
  const table = weightOf(model, 'trunk/embedding');
  const step = (state: Vector, token: number) => table[token].map((x, at) => Math.tanh(x + 0.7 * state[at]));
  let state: Vector = Array(D).fill(1);
  for (let s = startOf(row, column); s <= column; s++) state = step(state, TEXT[row][s + 1]);
  for (let further = 3; further <= offset; further++) state = step(state, TEXT[row][column + further - 1]);
  return state;
}

const ENGINES = (await listEngines()).filter(({ available }) => available).map(({ name }) => name);

describe.each(ENGINES)('on %s', (name) => {
  let engine: Engine;
  let model: TrainableModel;
  let before: number;
  beforeEach(async () => {
    engine = await openEngine({ name });
    before = engine.memory().numTensors;
  });
  afterEach(() => {
    model.dispose();
    expect(engine.memory().numTensors).toBe(before);
  });

  function expectClose(got: Vector, wanted: Vector): void {
    const largest = Math.max(...wanted.map(Math.abs));
    for (const [at, value] of wanted.entries()) expect(Math.abs(got[at] - value)).toBeLessThan(1e-5 * largest);
  }

  test('every offset sees the text as offset 2 read it and its own column since, and nothing else', () => {
    model = tinyModel(engine, { head: attending, horizon: HORIZON });
    const hidden = hiddenOf(model);
    for (const [offset, rows] of attended(model, hidden.get(1)!)) {
      for (const [row, columns] of rows.entries()) {
        for (const [column, wanted] of columns.entries()) expectClose(hidden.get(offset)![row][column], wanted);
      }
    }
  });

  test('a recurrence goes on from the state of the offset before in its column', () => {
    model = tinyModel(engine, { head: recurring, horizon: HORIZON });
    for (const [offset, rows] of hiddenOf(model)) {
      if (offset === 1) continue;
      for (const [row, columns] of rows.entries()) {
        for (const [column, got] of columns.entries()) expectClose(got, recurred(model, row, column, offset));
      }
    }
  });

  test('a gap between further offsets is refused when the model is built', () => {
    const gapped = (offsets: readonly number[], memory: 'unrolled' | 'per-offset') =>
      defineHead({
        name: 'gapped',
        create: () => ({ offsets, memory, forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD }),
      });
    for (const offsets of [
      [1, 3],
      [1, 2, 4],
    ]) {
      expect(() => tinyModel(engine, { head: gapped(offsets, 'unrolled'), horizon: 4 })).toThrow(
        `OFFSET_UNSUPPORTED: head "gapped": memory: unrolled needs offsets without gaps, were [${offsets}].`,
      );
    }
    // Gaps are no matter where each offset has a memory of its own, or past the horizon.
    tinyModel(engine, { head: gapped([1, 3], 'per-offset'), horizon: 3 }).dispose();
    model = tinyModel(engine, { head: gapped([1, 2, 4], 'unrolled'), horizon: 3 });
    expect(model.offsets).toEqual([1, 2]);
  });

  test('a nearer offset after a further one is refused', () => {
    model = tinyModel(engine, { head: recurring, horizon: 3 });
    const reads = { carry: 'further', ahead: true } as const;
    const backwards = { ...model, head: { ...model.head, reads } } as TrainableModel;
    expect(() => hiddenOf(backwards)).toThrow(expect.objectContaining({ code: 'OFFSET_UNSUPPORTED' }));
  });
});
