// B rows, T nodes, H attention heads, G key/value heads, d width of one attention head, V vocabulary, D width.
import { chainNodes, createNodes, type Nodes, ROOT } from '../nodes.ts';
import * as reference from '../reference/index.ts';
import { type Tensor2D, type Tensor4D, tf } from '../tensor.ts';
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

const layouts: Layout[] = [
  { name: 'one node', nodes: () => chainNodes(1, 1) },
  { name: 'short chains', nodes: () => chainNodes(2, 3) },
  { name: 'a chain longer than eight', nodes: () => chainNodes(1, 17) },
  { name: 'packed documents', nodes: () => chainNodes(2, 5, { document_BT: [0, 0, 1, 1, 1, 4, 5, 5, 5, 6] }) },
  { name: 'a forest', nodes: forest },
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

const attentions = layouts.flatMap((layout) =>
  heads.map<OpCase>(({ H, G, d }) => {
    const at = layout.nodes();
    const { B, T, parent_BT, length_B } = at;
    const parents = (row: number) =>
      parent_BT.subarray(row * T, (row + 1) * T).map((parent, node) => (node < length_B[row] ? parent : -1));
    return {
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
      reference: (q, k, v) =>
        reference.attention(q, k, v, (row, node, key) => reference.isAncestor(parents(row), node, key)),
    };
  }),
);

const rotaries = layouts.flatMap((layout) =>
  [undefined, 100].map<OpCase>((base) => {
    const { B, T, position_BT } = layout.nodes();
    return {
      name: `rotary over ${layout.name} with base ${base}`,
      shapes: [[B, T, 3, 6]],
      run: (ops, [x]) => withNodes(layout, (at) => ops.rotary(x as Tensor4D, at, base)),
      reference: (x) => reference.rotary(x, position_BT, base),
    };
  }),
);

const tokens = [3, 0, 3, 3, 1, 2];
export const attentionCases: OpCase[] = [
  ...attentions,
  ...rotaries,
  ...[1, 17].map<OpCase>((D) => ({
    name: `embed with repeats, ${D} wide`,
    shapes: [[5, D]],
    run: (ops, [table]) => ops.embed(tf.tensor2d(tokens, [2, 3], 'int32'), table as Tensor2D),
    reference: (table) => reference.embed(tokens, [2, 3], table),
  })),
];
