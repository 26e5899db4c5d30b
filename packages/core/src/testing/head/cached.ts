// B rows, T positions, N nodes a row of a forward, C width of a state.
import { createNodes, type Nodes, type Ops, type Tensor2D, type Tensor3D } from '@foretoken/engine';
import { LAST_COMMITTED } from '@foretoken/engine/nodes';
import type { OffsetOutput } from '../../contracts/head.ts';
import type { LanguageModel } from '../../contracts/model.ts';
import type { Random } from '../../contracts/random.ts';
import type { TokenBatch } from '../../data/make-batch.ts';
import { asOffsetOutput, evaluationOrder, forwardTrunk } from '../../model/forward.ts';
import { createRandom } from '../../random/random.ts';
import { DecodingMemory } from '../cached/decoding-memory.ts';
import { randomTree, rightPath, type TreeNode } from '../cached/random-trees.ts';
import { broken, type HeadCheck } from './check.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { type HostOffset, type HostTensor, offsetsOf, toHost } from './run-head.ts';
import { SMALL_TEXT, smallText } from './small-text.ts';

const { B, T, vocabulary } = SMALL_TEXT;

/** Cached and uncached attention sum the same terms in another order. */
const TOLERANCE = 1e-5;
/** Ways of cutting the text up that are tried. */
const TRIALS = 6;

/** What decoding stands on: a head may see the past through its memory alone, and what is rolled back is gone. */
export const cachedIsUncached: HeadCheck = {
  title: 'gives, through its memory, in chunks and beside guesses that are dropped, what it gives of the whole text',
  run(head) {
    const model = buildSmallModel(head);
    try {
      const expected = offsetsOf(model);
      const text = readText(model);
      const isUnrolled = model.head.memory === 'unrolled';
      for (let trial = 0; trial < TRIALS; trial++) {
        if (isUnrolled) continue;
        new CachedRun(head, model, text, expected, createRandom(trial, 'contract/cached')).run();
      }
    } finally {
      model.dispose();
    }
  },
};

/** The text, and the trunk's states of it. */
interface Text {
  readonly tokens: TokenBatch;
  /** [B,T,C] of each tap. */
  readonly states: readonly HostTensor[];
}

function readText(model: LanguageModel): Text {
  const tokens = smallText(model.dims.maxOffset);
  const at = createNodes(tokens);
  try {
    const input = { tokens, at, random: createRandom(4, 'contract/batch') };
    return { tokens, states: model.engine.tidy(() => forwardTrunk(model, input).source.trunk.map(toHost)) };
  } finally {
    at.dispose();
  }
}

/** One way through the text. */
class CachedRun {
  readonly #head: HeadCase;
  readonly #model: LanguageModel;
  readonly #text: Text;
  readonly #expected: ReadonlyMap<number, HostOffset>;
  readonly #random: Random;
  readonly #done = Array<number>(B).fill(0);

  constructor(
    head: HeadCase,
    model: LanguageModel,
    text: Text,
    expected: ReadonlyMap<number, HostOffset>,
    random: Random,
  ) {
    this.#head = head;
    this.#model = model;
    this.#text = text;
    this.#expected = expected;
    this.#random = random;
  }

  run(): void {
    const { engine, offsets } = this.#model;
    const memories = new Map(offsets.map((offset) => [offset, new DecodingMemory(engine, B)]));
    try {
      while (this.#done.some((done) => done < T)) this.#forward(memories);
    } finally {
      for (const memory of memories.values()) memory.dispose();
    }
  }

  /** A forward of every offset over a tree a row, and the commit of its right paths. */
  #forward(memories: ReadonlyMap<number, DecodingMemory>): void {
    const { parent_BT, position_BT } = this.#text.tokens;
    const trees = this.#done.map((done, row) => {
      const part = (values: Int32Array) => values.subarray(row * T, (row + 1) * T);
      return randomTree({ done, parent: part(parent_BT), position: part(position_BT) }, this.#random);
    });
    const N = Math.max(...trees.map(({ length }) => length));
    if (N === 0) return;
    const at = nodesOf(trees, N);
    try {
      this.#model.engine.tidy(() => this.#offsets(trees, at, memories));
    } finally {
      at.dispose();
    }
    const paths = trees.map(rightPath);
    for (const memory of memories.values()) memory.commit(paths);
    for (const [row, path] of paths.entries()) this.#done[row] += path.length;
  }

  #offsets(trees: readonly TreeNode[][], at: Nodes, memories: ReadonlyMap<number, DecodingMemory>): void {
    const { head, offsets, engine } = this.#model;
    const trunk = this.#text.states.map((state) => this.#states(engine.ops, state, trees, at.T));
    let carry_BTC: Tensor3D | undefined;
    for (const offset of evaluationOrder(head, offsets)) {
      const ahead = head.reads?.ahead ? this.#ahead(engine.ops, offset, trees, at.T) : [];
      const memory = memories.get(offset)!.open(at);
      const output = asOffsetOutput(
        head.forward(offset, { trunk: trunk as [Tensor3D, ...Tensor3D[]], carry_BTC, ahead, at, memory }),
      );
      if (head.reads?.carry) carry_BTC = output.carry_BTC;
      this.#compare(offset, output, trees);
    }
  }

  /** Trunk states of the nodes: the text's columns, noise for guesses and padding. */
  #states(ops: Ops, { values, shape }: HostTensor, trees: readonly TreeNode[][], N: number): Tensor3D {
    const C = shape[2];
    const picked = new Float32Array(B * N * C).map(() => this.#random.normal());
    for (const [row, nodes] of trees.entries()) {
      for (const [node, { column }] of nodes.entries()) {
        if (column === undefined) continue;
        const from = (row * T + column) * C;
        picked.set(values.subarray(from, from + C), (row * N + node) * C);
      }
    }
    return ops.constant<Tensor3D>(picked, [B, N, C]);
  }

  #ahead(ops: Ops, offset: number, trees: readonly TreeNode[][], N: number): Tensor2D[] {
    return Array.from({ length: offset - 1 }, (_, j) => {
      const text = this.#text.tokens.ahead(j + 1);
      const tokens_BN = new Int32Array(B * N).map(() => this.#random.integer(vocabulary));
      for (const [row, nodes] of trees.entries()) {
        for (const [node, { column }] of nodes.entries()) {
          if (column !== undefined) tokens_BN[row * N + node] = text[row * T + column];
        }
      }
      return ops.constant<Tensor2D>(tokens_BN, [B, N]);
    });
  }

  #compare(offset: number, { hidden_BTE, carry_BTC }: OffsetOutput, trees: readonly TreeNode[][]): void {
    const expected = this.#expected.get(offset)!;
    for (const [what, got, want] of [
      ['hidden state', toHost(hidden_BTE), expected.hidden],
      ['carry', toHost(carry_BTC), expected.carry],
    ] as const) {
      const place = firstDifference(got, want, trees);
      if (!place) continue;
      throw broken(
        this.#head,
        `the ${what} of offset ${offset} at row ${place.row}, position ${place.column} is ${place.distance} away from ` +
          `that of the whole text when it is computed with ${this.#done[place.row]} positions committed before it and ` +
          `${place.guesses} guesses beside it. See the past through \`memory.kv\` and \`memory.scan\` alone, with the ` +
          'nodes that were given, and keep nothing else from one call to the next.',
      );
    }
  }
}

function nodesOf(trees: readonly TreeNode[][], N: number): Nodes {
  const fill = (value: (node: TreeNode | undefined) => number) =>
    Int32Array.from({ length: trees.length * N }, (_, i) => value(trees[Math.floor(i / N)][i % N]));
  return createNodes({
    T: N,
    position_BT: fill((node) => node?.position ?? 0),
    parent_BT: fill((node) => node?.parent ?? LAST_COMMITTED),
    length_B: Int32Array.from(trees, ({ length }) => length),
  });
}

/** The first node of a right path whose state is not the whole text's. */
function firstDifference(got: HostTensor, want: HostTensor, trees: readonly TreeNode[][]) {
  const [, N, C] = got.shape;
  const allowed = TOLERANCE * want.values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  for (const [row, nodes] of trees.entries()) {
    for (const [node, { column }] of nodes.entries()) {
      if (column === undefined) continue;
      let distance = 0;
      for (let i = 0; i < C; i++) {
        const apart = Math.abs(got.values[(row * N + node) * C + i] - want.values[(row * T + column) * C + i]);
        if (!(apart <= distance)) distance = apart;
      }
      const guesses = nodes.filter((other) => other.column === undefined).length;
      if (!(distance <= allowed)) return { row, column, distance, guesses };
    }
  }
  return undefined;
}
