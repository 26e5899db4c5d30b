// B rows, T nodes, H attention heads, G key/value heads, d width of one attention head, V vocabulary, D width.
import { chainNodes, createNodes, type Nodes, ROOT } from '../nodes.ts';
import * as reference from '../reference/index.ts';
import { type Tensor, type Tensor2D, type Tensor4D, tf } from '../tensor.ts';
import { unrolledKeyValues } from '../unrolled-key-values.ts';
import type { OpCase } from './judge.ts';

interface Layout {
  readonly name: string;
  readonly nodes: () => Nodes;
}

/** Two rows of a tree with two branches, a second document and padding. */
function forest(): Nodes {
  const parent_BT = Int32Array.from([-1, 0, 0, 1, 2, ROOT, 5, -1, 0, 1, 1, ROOT, -1, -1]);
  const position_BT = Int32Array.from([0, 1, 1, 2, 2, 0, 1, 4, 5, 6, 6, 0, 0, 0]);
  return createNodes({ T: 7, parent_BT, position_BT, length_B: Int32Array.from([7, 5]) });
}

const chain = (T: number): Layout => ({ name: `a chain of ${T}`, nodes: () => chainNodes(1, T) });

const layouts: Layout[] = [
  { name: 'one node', nodes: () => chainNodes(1, 1) },
  { name: 'short chains', nodes: () => chainNodes(2, 3) },
  { name: 'a chain longer than eight', nodes: () => chainNodes(1, 17) },
  { name: 'packed documents', nodes: () => chainNodes(2, 5, { document_BT: [0, 0, 1, 1, 1, 4, 5, 5, 5, 6] }) },
  { name: 'a forest', nodes: forest },
  { name: 'ragged rows', nodes: () => chainNodes(4, 5, { start_B: [7, 0, 1, 2], length_B: [5, 2, 0, 1] }) },
  { name: 'no row', nodes: () => chainNodes(0, 3) },
];

const heads = [
  { H: 1, G: 1, d: 2 },
  { H: 4, G: 2, d: 4 },
  { H: 3, G: 1, d: 8 },
];

/** Runs with fresh nodes and frees them; the recording must not need them afterwards. */
function withNodes<T>({ nodes }: Layout, use: (at: Nodes) => T): T {
  const at = nodes();
  try {
    return use(at);
  } finally {
    at.dispose();
  }
}

/** 1 for every value of a real node of [B,T,..], 0 for those of padding, of which no engine promises anything. */
function realValues({ T, length_B }: Nodes, { shape: [, , ...rest] }: Shaped): Int32Array {
  const width = rest.reduce((product, size) => product * size, 1);
  const flagOf = (index: number) => Number(Math.floor(index / width) % T < length_B[Math.floor(index / width / T)]);
  return Int32Array.from({ length: length_B.length * T * width }, (_, index) => flagOf(index));
}

type Shaped = { readonly shape: readonly number[] };

/** The same case with zeros for the outputs of padding. */
function withoutPadding(layout: Layout, { run, reference: expected, ...rest }: OpCase): OpCase {
  return {
    ...rest,
    run: (ops, inputs, engine) => {
      const y = run(ops, inputs, engine);
      const isReal = tf.tensor(realValues(layout.nodes(), y), y.shape, 'int32');
      return ops.where(isReal, y, ops.zeros(y.shape));
    },
    reference: (...inputs) => {
      const y = expected(...inputs);
      return reference.where(
        realValues(layout.nodes(), y),
        y,
        reference.fill(y.shape, () => 0),
      );
    },
  };
}

/** Which node of a row sees which: the same for all values, so it is worked out once. */
function visibility({ B, T, parent_BT, length_B }: Nodes): (row: number, node: number, key: number) => boolean {
  const sees = Array.from({ length: B * T * T }, (_, index) => {
    const row = Math.floor(index / T / T);
    const parents = parent_BT.subarray(row * T, (row + 1) * T).map((parent, at) => (at < length_B[row] ? parent : -1));
    return reference.isAncestor(parents, Math.floor(index / T) % T, index % T);
  });
  return (row, node, key) => sees[(row * T + node) * T + key];
}

function attentionOf(layout: Layout, { H, G, d }: (typeof heads)[number]): OpCase {
  const at = layout.nodes();
  const { B, T } = at;
  const sees = visibility(at);
  return withoutPadding(layout, {
    name: `attention over ${layout.name} with ${H}/${G} heads of ${d}`,
    shapes: [
      [B, T, H, d],
      [B, T, G, d],
      [B, T, G, d],
    ],
    run: (ops, [q, k, v], engine) =>
      withNodes(layout, (nodes) =>
        ops.attention(q as Tensor4D, k as Tensor4D, v as Tensor4D, nodes, engine.noKeyValues),
      ),
    reference: (q, k, v) => reference.attention(q, k, v, sees),
  });
}

/** Nodes of call `call` (from 0) of a memory that is unrolled over text: each below that of the call before. */
function belowText(text: Nodes, call: number): Nodes {
  if (call === 0) return text;
  const { B, T, position_BT, length_B } = text;
  const parent_BT = Int32Array.from({ length: B * T }, (_, index) => (call - 1) * T + (index % T));
  return createNodes({ T, parent_BT, position_BT: position_BT.map((position) => position + call), length_B }, text);
}

/** All calls side by side, [B,calls*T,H,d], and what each sees: text up to its column, its own column's later nodes. */
function unrolledOf(layout: Layout, { H, G, d }: (typeof heads)[number], calls: number): OpCase {
  const { B, T, length_B } = layout.nodes();
  const ofText = visibility(layout.nodes());
  const sees = (row: number, node: number, key: number) => {
    const [call, column] = [Math.floor(node / T), node % T];
    const [keyCall, keyColumn] = [Math.floor(key / T), key % T];
    return keyCall === 0 ? ofText(row, column, keyColumn) : keyCall <= call && keyColumn === column;
  };
  const side = (parts: readonly reference.Array64[]) => reference.concat(parts, 1);
  const ofCalls = <T>(each: (call: number) => T) => Array.from({ length: calls }, (_, call) => each(call));
  const isReal = Int32Array.from({ length: B * calls * T * H * d }, (_, index) => {
    const node = Math.floor(index / (H * d));
    return Number((node % (calls * T)) % T < length_B[Math.floor(node / (calls * T))]);
  });
  return {
    name: `attention unrolled ${calls} times over ${layout.name} with ${H}/${G} heads of ${d}`,
    shapes: ofCalls(() => [
      [B, T, H, d],
      [B, T, G, d],
      [B, T, G, d],
    ]).flat(),
    run: (ops, inputs) =>
      withNodes(layout, (text) => {
        const memory = unrolledKeyValues('block');
        const outs = ofCalls((call) => {
          const [q, k, v] = inputs.slice(3 * call, 3 * call + 3) as Tensor4D[];
          return ops.attention(q, k, v, belowText(text, call), memory);
        });
        const all = ops.concat(outs, 1);
        return ops.where(tf.tensor(isReal, all.shape, 'int32'), all, ops.zeros(all.shape));
      }),
    reference: (...inputs) => {
      const [q, k, v] = [0, 1, 2].map((which) => side(ofCalls((call) => inputs[3 * call + which])));
      const all = reference.attention(q, k, v, sees);
      return reference.where(
        isReal,
        all,
        reference.fill(all.shape, () => 0),
      );
    },
  };
}

function rotaryOf(layout: Layout, H: number, d: number, base?: number): OpCase {
  const { B, T, position_BT } = layout.nodes();
  return withoutPadding(layout, {
    name: `rotary over ${layout.name} with ${H} heads of ${d} and base ${base}`,
    shapes: [[B, T, H, d]],
    run: (ops, [x]) => withNodes(layout, (at) => ops.rotary(x as Tensor4D, at, base)),
    reference: (x) => reference.rotary(x, position_BT, base),
  });
}

/** Odd sizes, so that every vector width leaves a remainder; together they stay small enough for finite differences. */
const oddAttentions = [
  attentionOf(chain(1), { H: 17, G: 1, d: 3 }),
  attentionOf(chain(3), { H: 1, G: 1, d: 127 }),
  attentionOf(chain(17), { H: 3, G: 3, d: 17 }),
  attentionOf(chain(127), { H: 1, G: 1, d: 1 }),
  attentionOf(chain(127), { H: 3, G: 1, d: 3 }),
];

/** Pairs are what turns, so half of a head's width is odd. */
const oddRotaries = [
  rotaryOf(chain(1), 17, 2 * 127),
  rotaryOf(chain(3), 3, 2 * 17),
  rotaryOf(chain(17), 1, 2 * 3),
  rotaryOf(chain(127), 3, 2 * 1),
];

const embedOf = (name: string, tokens_BT: number[], B: number, T: number, V: number, D: number): OpCase => ({
  name: `embed with ${name} from [${V},${D}]`,
  shapes: [[V, D]],
  run: (ops, [table]) => ops.embed(tf.tensor2d(tokens_BT, [B, T], 'int32'), table as Tensor2D),
  reference: (table) => reference.embed(tokens_BT, [B, T], table),
});

const upTo = <T>(count: number, value: (index: number) => T) => Array.from({ length: count }, (_, at) => value(at));

/** Ids that were stacked: parts of one shape, numbered through; `order` is where each place of the stack finds its id. */
const stackedIds: OpCase[] = [
  {
    how: 'two of [2,3] on a new last axis',
    parts: 2,
    shape: [2, 3],
    axis: 2,
    order: [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11],
  },
  { how: 'two of [2,3] on a new first axis', parts: 2, shape: [2, 3], axis: 0, order: upTo(12, (at) => at) },
  {
    how: 'two of [2,3] between the axes',
    parts: 2,
    shape: [2, 3],
    axis: -2,
    order: [0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11],
  },
  { how: 'three of [1,2] on a new last axis', parts: 3, shape: [1, 2], axis: 2, order: [0, 2, 4, 1, 3, 5] },
  { how: 'one of [1,3] on a new last axis', parts: 1, shape: [1, 3], axis: -1, order: [0, 1, 2] },
  { how: 'two of [0,3] on a new last axis', parts: 2, shape: [0, 3], axis: 2, order: [] },
].map(({ how, parts, shape, axis, order }) => ({
  name: `embed with ids stacked, ${how}`,
  shapes: [[12, 3]],
  run: (ops, [table]) => {
    const size = shape[0] * shape[1];
    const idsOf = (part: number) => Int32Array.from(upTo(size, (at) => part * size + at));
    const stacked = ops.stack<Tensor>(
      upTo(parts, (part) => ops.constant<Tensor2D>(idsOf(part), shape)),
      axis,
    );
    return ops.embed(ops.reshape<Tensor2D>(stacked, [1, parts * size]), table as Tensor2D);
  },
  reference: (table) => reference.embed(order, [1, order.length], table),
}));

export const attentionCases: OpCase[] = [
  ...layouts.flatMap((layout) => heads.map((shape) => attentionOf(layout, shape))),
  ...oddAttentions,
  ...layouts.flatMap((layout, index) => [1, 3].map((calls) => unrolledOf(layout, heads[index % heads.length], calls))),
  unrolledOf(chain(17), { H: 2, G: 1, d: 9 }, 2),
  ...layouts.flatMap((layout) => [undefined, 100].map((base) => rotaryOf(layout, 3, 6, base))),
  ...oddRotaries,
  ...[1, 17].map((D) => embedOf('repeats', [3, 0, 3, 3, 1, 2], 2, 3, 5, D)),
  ...stackedIds,
  embedOf('one token', [0], 1, 1, 1, 127),
  embedOf(
    '127 tokens of few',
    upTo(127, (at) => (at * at) % 3),
    1,
    127,
    3,
    17,
  ),
  embedOf(
    'few tokens of many',
    upTo(51, (at) => (at * 7) % 17),
    17,
    3,
    127,
    3,
  ),
  embedOf(
    'one value each',
    upTo(127, (at) => 126 - at),
    127,
    1,
    127,
    1,
  ),
  embedOf('no row', [], 0, 3, 5, 17),
];
