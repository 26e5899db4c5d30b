// B rows, T positions, N nodes a row of a forward, D width.
import type { Tensor2D } from '@foretoken/engine';
import type { LanguageModel } from '../../contracts/model.ts';
import type { Random } from '../../contracts/random.ts';
import { nodesOf } from '../cached/cached-run.ts';
import { DecodingMemory } from '../cached/decoding-memory.ts';
import { type RowPlan, rightPath, type TreeNode } from '../cached/random-trees.ts';
import { type HostTensor, toHost } from '../head/run-head.ts';
import { SMALL_TEXT, smallText } from '../head/small-text.ts';
import { TAPS } from './trunk-case.ts';

const { B, T, vocabulary } = SMALL_TEXT;

/**
 * A trunk's way through the small text as a decoding session goes it: forwards over a tree a row, each of which commits
 * its right path and drops its guesses.
 *
 * @param treeOf - the tree of one row's next forward; may be empty
 * @param random - draws the tokens of the guesses
 * @returns states_BTD of each tap, flat
 */
export function readInForwards(
  model: LanguageModel,
  treeOf: (plan: RowPlan) => TreeNode[],
  random: Random,
): readonly Float32Array[] {
  const text = smallText(model.dims.maxOffset);
  const states = TAPS.map(() => new Float32Array(B * T * model.dims.width));
  const memory = new DecodingMemory(model.engine, B);
  const done = Array<number>(B).fill(0);
  const part = (values: Int32Array, row: number) => values.subarray(row * T, (row + 1) * T);
  try {
    while (done.some((columns) => columns < T)) {
      const trees = done.map((columns, row) =>
        treeOf({ done: columns, parent: part(text.parent_BT, row), position: part(text.position_BT, row) }),
      );
      if (trees.every(({ length }) => length === 0)) continue;
      const taps = forward(model, {
        trees,
        memory,
        tokenAt: (row, column) => text.tokens_BT[row * T + column],
        random,
      });
      for (const [i, tap] of taps.entries()) keep(states[i], tap, trees);
      const paths = trees.map(rightPath);
      memory.commit(paths);
      for (const [row, path] of paths.entries()) done[row] += path.length;
    }
  } finally {
    memory.dispose();
  }
  return states;
}

interface TreeForward {
  readonly trees: readonly TreeNode[][];
  readonly memory: DecodingMemory;
  tokenAt(row: number, column: number): number;
  readonly random: Random;
}

/** One forward over the trees of all rows. @returns states_BND of each tap */
function forward({ engine, trunk }: LanguageModel, { trees, memory, tokenAt, random }: TreeForward): HostTensor[] {
  const N = Math.max(...trees.map(({ length }) => length));
  const at = nodesOf(trees, N);
  const tokens_BN = new Int32Array(B * N);
  for (const [row, nodes] of trees.entries()) {
    for (const [node, { column }] of nodes.entries()) {
      tokens_BN[row * N + node] = column === undefined ? random.integer(vocabulary) : tokenAt(row, column);
    }
  }
  try {
    return engine.tidy(() => {
      const x_BND = trunk.embed(engine.ops.constant<Tensor2D>(tokens_BN, [B, N]));
      return trunk.forward(x_BND, at, memory.open(at), TAPS).map(toHost);
    });
  } finally {
    at.dispose();
  }
}

/** Copies the states of the right paths to their columns. */
function keep(states_BTD: Float32Array, { values, shape }: HostTensor, trees: readonly TreeNode[][]): void {
  const [, N, D] = shape;
  for (const [row, nodes] of trees.entries()) {
    for (const [node, { column }] of nodes.entries()) {
      if (column === undefined) continue;
      const from = (row * N + node) * D;
      states_BTD.set(values.subarray(from, from + D), (row * T + column) * D);
    }
  }
}
