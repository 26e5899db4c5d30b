// B rows, T positions, N nodes a row of a forward, C width of a state.
import { createNodes, type Nodes, type Ops, type Tensor2D, type Tensor3D } from '@foretoken/engine';
import { LAST_COMMITTED } from '@foretoken/engine/nodes';
import type { OffsetOutput } from '../../contracts/head.ts';
import type { LanguageModel } from '../../contracts/model.ts';
import type { Random } from '../../contracts/random.ts';
import type { TokenBatch } from '../../data/make-batch.ts';
import { asOffsetOutput, evaluationOrder, forwardTrunk } from '../../model/forward.ts';
import { createRandom } from '../../random/random.ts';
import { broken } from '../contract.ts';
import type { HeadCase } from '../head/head-case.ts';
import { type HostOffset, type HostTensor, toHost } from '../head/run-head.ts';
import { SMALL_TEXT, smallText } from '../head/small-text.ts';
import { DecodingMemory } from './decoding-memory.ts';
import { randomTree, rightPath, type TreeNode } from './random-trees.ts';

const { B, T, vocabulary } = SMALL_TEXT;

/** Cached and uncached attention sum the same terms in another order. */
const TOLERANCE = 1e-5;

/** The text, and the trunk's states of it. */
export interface Text {
  readonly tokens: TokenBatch;
  /** [B,T,C] of each tap. */
  readonly states: readonly HostTensor[];
}

/** Runs the trunk over the small text. */
export function readText(model: LanguageModel): Text {
  const tokens = smallText(model.dims.maxOffset);
  const at = createNodes(tokens);
  try {
    const input = { tokens, at, random: createRandom(4, 'contract/batch') };
    return { tokens, states: model.engine.tidy(() => forwardTrunk(model, input).source.trunk.map(toHost)) };
  } finally {
    at.dispose();
  }
}

/** What a way through the text starts from. */
export interface CachedRunRequest {
  readonly head: HeadCase;
  readonly model: LanguageModel;
  readonly text: Text;
  /** What every offset gives of the whole text. */
  readonly expected: ReadonlyMap<number, HostOffset>;
  /** Decides how the text is cut up and what the guesses are. */
  readonly random: Random;
}

/** One way through the text: forwards over a tree a row, each of which commits its right paths and drops its guesses. */
export class CachedRun {
  readonly #request: CachedRunRequest;
  readonly #memories: ReadonlyMap<number, DecodingMemory>;
  readonly #done = Array<number>(B).fill(0);

  constructor(request: CachedRunRequest) {
    const { engine, head, offsets } = request.model;
    const create = () => new DecodingMemory(engine, B);
    const shared = head.memory === 'unrolled' ? create() : undefined;
    this.#request = request;
    this.#memories = new Map(offsets.map((offset) => [offset, (offset > 1 && shared) || create()]));
  }

  /** @throws BrokenRule at the first state that is not the whole text's */
  run(): void {
    try {
      while (this.#done.some((done) => done < T)) this.#forward();
    } finally {
      for (const memory of new Set(this.#memories.values())) memory.dispose();
    }
  }

  #forward(): void {
    const trees = this.#trees();
    const N = Math.max(...trees.map(({ length }) => length));
    if (N === 0) return;
    const at = nodesOf(trees, N);
    try {
      this.#request.model.engine.tidy(() => this.#offsets(trees, at));
    } finally {
      at.dispose();
    }
    const paths = trees.map(rightPath);
    for (const memory of new Set(this.#memories.values())) memory.commit(paths);
    for (const [row, path] of paths.entries()) this.#done[row] += path.length;
  }

  #trees(): TreeNode[][] {
    const { text, model, random } = this.#request;
    const trees = this.#done.map((done, row) => {
      const part = (values: Int32Array) => values.subarray(row * T, (row + 1) * T);
      return randomTree({ done, parent: part(text.tokens.parent_BT), position: part(text.tokens.position_BT) }, random);
    });
    if (model.head.memory !== 'unrolled') return trees;
    // Nodes that hang below others are numbered over whole forwards, so that every row has as many.
    const N = Math.max(...trees.map(({ length }) => length));
    return trees.map((nodes) => [...nodes, ...Array(N - nodes.length).fill({ parent: LAST_COMMITTED, position: 0 })]);
  }

  #offsets(trees: readonly TreeNode[][], at: Nodes): void {
    const { model, text } = this.#request;
    const { head, offsets, engine } = model;
    const trunk = text.states.map((state) => this.#states(engine.ops, state, trees, at.T));
    let carry_BTC: Tensor3D | undefined;
    for (const offset of evaluationOrder(head, offsets)) {
      const ahead = head.reads?.ahead ? this.#ahead(engine.ops, offset, trees, at.T) : [];
      const place = head.memory === 'unrolled' ? this.#below(offset, at) : at;
      const memory = this.#memories.get(offset)!.open(place);
      const output = asOffsetOutput(
        head.forward(offset, { trunk: trunk as [Tensor3D, ...Tensor3D[]], carry_BTC, ahead, at: place, memory }),
      );
      if (head.reads?.carry) carry_BTC = output.carry_BTC;
      this.#compare(offset, output, trees);
    }
  }

  /** Nodes of an offset that hangs below the nearer ones: offset 2 stands on the tree, offset 3 a node below each, ... */
  #below(offset: number, tree: Nodes): Nodes {
    if (offset <= 2) return tree;
    const { T: N, position_BT, length_B } = tree;
    const parent_BT = position_BT.map((_, i) => (offset - 3) * N + (i % N));
    const moved_BT = position_BT.map((position) => position + offset - 2);
    return createNodes({ T: N, position_BT: moved_BT, parent_BT, length_B }, tree);
  }

  /** Trunk states of the nodes: the text's columns, noise for guesses and padding. */
  #states(ops: Ops, { values, shape }: HostTensor, trees: readonly TreeNode[][], N: number): Tensor3D {
    const C = shape[2];
    const picked = new Float32Array(B * N * C).map(() => this.#request.random.normal());
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
      const text = this.#request.text.tokens.ahead(j + 1);
      const tokens_BN = new Int32Array(B * N).map(() => this.#request.random.integer(vocabulary));
      for (const [row, nodes] of trees.entries()) {
        for (const [node, { column }] of nodes.entries()) {
          if (column !== undefined) tokens_BN[row * N + node] = text[row * T + column];
        }
      }
      return ops.constant<Tensor2D>(tokens_BN, [B, N]);
    });
  }

  #compare(offset: number, { hidden_BTE, carry_BTC }: OffsetOutput, trees: readonly TreeNode[][]): void {
    const expected = this.#request.expected.get(offset)!;
    for (const [what, got, want] of [
      ['hidden state', toHost(hidden_BTE), expected.hidden],
      ['carry', toHost(carry_BTC), expected.carry],
    ] as const) {
      const place = firstDifference(got, want, trees);
      if (!place) continue;
      throw broken(
        this.#request.head,
        `the ${what} of offset ${offset} at row ${place.row}, position ${place.column} is ${place.distance} away from ` +
          `that of the whole text when it is computed with ${this.#done[place.row]} positions committed before it and ` +
          `${place.guesses} guesses beside it. See the past through \`memory.kv\` and \`memory.scan\` alone, with the ` +
          'nodes that were given, and keep nothing else from one call to the next.',
      );
    }
  }
}

/** The trees of all rows as nodes, padded to N a row. */
export function nodesOf(trees: readonly TreeNode[][], N: number): Nodes {
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
