// V vocabulary.
import type { DraftMoment, DraftPolicy, Growth, Tree } from '../contracts/decoding.ts';
import type { Random } from '../contracts/random.ts';
import { drawIndex, indicesOfLargest, without } from '../generation/distribution.ts';
import type { Sampler } from '../generation/sampler.ts';
import type { ScriptedModel } from './scripted-session.ts';

/** A row that drafts, as a scripted session knows it. */
export interface DraftingRow {
  readonly history: readonly number[];
  readonly sampler: Sampler | undefined;
  readonly at: Pick<DraftMoment, 'row' | 'rows'>;
  random(row: number): Random;
}

type MutableTree = { tokens: number[]; parent: number[]; q: (Float64Array | 'chosen')[] };

/** The tree that a policy asks a scripted head for: its top choices, or draws without replacement by the row's sampling. */
export function scriptedDraft(model: ScriptedModel, row: DraftingRow, policy: DraftPolicy): Tree {
  const tree: MutableTree = { tokens: [], parent: [], q: [] };
  const levels = model.levels ?? 0;
  let frontier = [-1];
  for (let level = 1; level <= levels && frontier.length > 0; level++) {
    const p = (node: number) => model.headDistribution!([...row.history, ...pathTo(tree, node)], level);
    const wanted = policy.grow(frozen(tree), frontier, p, { ...row.at, level, levels, trained: levels });
    frontier = wanted.flatMap((growth) => addChildren(tree, growth, p(growth.node), row));
  }
  return frozen(tree);
}

/** Tokens from below the pending one to a node. */
export function pathTo({ tokens, parent }: { tokens: ArrayLike<number>; parent: ArrayLike<number> }, node: number) {
  const path: number[] = [];
  for (let at = node; at >= 0; at = parent[at]) path.unshift(tokens[at]);
  return path;
}

function addChildren(tree: MutableTree, { node, children, sampled }: Growth, p_V: Float64Array, row: DraftingRow) {
  const add = (token: number, q: Float64Array | 'chosen') => {
    tree.parent.push(node);
    tree.q.push(q);
    return tree.tokens.push(token) - 1;
  };
  if (!sampled) return indicesOfLargest(p_V, Math.min(children, p_V.length)).map((token) => add(token, 'chosen'));
  const elders = tree.tokens.filter((_, child) => tree.parent[child] === node);
  const seen = () => [...row.history, ...pathTo(tree, node)];
  const added: number[] = [];
  const said_V = row.sampler ? row.sampler.distribution(p_V.map(Math.log), seen) : p_V;
  let q_V = without(said_V, elders);
  while (q_V && added.length < children) {
    const token = drawIndex(q_V, row.random(row.at.row).uniform());
    added.push(add(token, q_V));
    if (added.length < children) q_V = without(q_V, [token]);
  }
  return added;
}

function frozen({ tokens, parent, q }: MutableTree): Tree {
  return { tokens: new Int32Array(tokens), parent: new Int32Array(parent), q: [...q] };
}
