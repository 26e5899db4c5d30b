// V vocabulary.
import type { DraftPolicy, Session, Tree, Verdict } from '../contracts/decoding.ts';

/** A model without tensors: what a {@link scriptedSession} decodes. */
export interface ScriptedModel {
  readonly context: number;
  /** Default: as many as there are logits. */
  readonly vocabulary?: number;
  /** Logits of the next token after these ones. */
  logits(history: readonly number[]): Float32Array;
  /** Levels that the heads draft at most. Default 0. */
  readonly levels?: number;
  /** Tokens that the heads draft behind the pending one, the last of `history`. Default: none. */
  drafts?(history: readonly number[]): readonly number[];
  /**
   * The heads' distribution after these tokens, the last of them drafted at `level` - 1. With it the policy decides what
   * is drafted, and `drafts` is not asked.
   */
  headDistribution?(history: readonly number[], level: number): Float64Array;
}

/** A session that counts what is open in it. */
export interface ScriptedSession extends Session {
  readonly disposed: boolean;
}

/**
 * A decoding session over a function instead of a model: for tests of decoders and evals whose every token is known.
 *
 * It keeps the order of draft, verify and commit no better than its caller.
 */
export function scriptedSession(model: ScriptedModel): ScriptedSession {
  const histories = new Map<number, number[]>();
  let verified: readonly Tree[] = [];
  let forwards = 0;
  let nextRow = 0;
  let disposed = false;
  const open = (history: readonly number[]) => {
    histories.set(nextRow, [...history]);
    return nextRow++;
  };
  return {
    get rows() {
      return [...histories.keys()];
    },
    get forwards() {
      return forwards;
    },
    get disposed() {
      return disposed;
    },
    levels: model.levels ?? 0,
    context: model.context,
    get vocabulary() {
      return model.vocabulary ?? model.logits([0]).length;
    },
    room: (row) => model.context - histories.get(row)!.length,
    join: ({ tokens }) => open([...tokens]),
    leave: (row) => void histories.delete(row),
    fork(from, pending) {
      const copies = from.map((row, copy) => {
        const history = histories.get(row)!;
        return pending ? [...history.slice(0, -1), pending[copy]] : history;
      });
      histories.clear();
      for (const history of copies) open(history);
    },
    draft: async (policy) =>
      [...histories].map(([row, history]) =>
        model.headDistribution
          ? grown(model, history, policy, { row, rows: histories.size })
          : chain(model.drafts?.(history) ?? []),
      ),
    async verify(trees) {
      forwards++;
      verified = trees;
      return [...histories.values()].map((history, i) => scriptedVerdict(model, history, trees[i]));
    },
    commit(kept) {
      for (const [i, history] of [...histories.values()].entries()) {
        history.push(...Array.from(kept[i].path, (node) => verified[i].tokens[node]), kept[i].next);
      }
    },
    dispose() {
      histories.clear();
      disposed = true;
    },
  };
}

/** Logits that leave no doubt: 1 for the token, 0 for all others. */
export function certainOf(token: number, vocabulary: number): Float32Array {
  const logits_V = new Float32Array(vocabulary);
  logits_V[token] = 1;
  return logits_V;
}

function chain(tokens: readonly number[]): Tree {
  return {
    tokens: Int32Array.from(tokens),
    parent: Int32Array.from(tokens, (_, node) => node - 1),
    q: tokens.map(() => 'chosen'),
  };
}

/** The tree that a policy asks for; every child is one of the head's top choices. */
function grown(
  model: ScriptedModel,
  history: readonly number[],
  policy: DraftPolicy,
  at: { readonly row: number; readonly rows: number },
): Tree {
  const [tokens, parent]: [number[], number[]] = [[], []];
  const tree = (): Tree => ({
    tokens: Int32Array.from(tokens),
    parent: Int32Array.from(parent),
    q: tokens.map(() => 'chosen'),
  });
  const levels = model.levels ?? 0;
  let frontier = [-1];
  for (let level = 1; level <= levels && frontier.length > 0; level++) {
    const p = (node: number) => model.headDistribution!([...history, ...pathTo(tree(), node)], level);
    const wanted = policy.grow(tree(), frontier, p, { ...at, level, levels, trained: levels });
    frontier = wanted.flatMap(({ node, children }) => {
      const ranked = [...p(node).entries()].sort(([a, pA], [b, pB]) => pB - pA || a - b);
      return ranked.slice(0, children).map(([token]) => {
        parent.push(node);
        return tokens.push(token) - 1;
      });
    });
  }
  return tree();
}

function pathTo(tree: Tree, node: number): number[] {
  return node < 0 ? [] : [...pathTo(tree, tree.parent[node]), tree.tokens[node]];
}

function scriptedVerdict(model: ScriptedModel, history: readonly number[], tree: Tree): Verdict {
  const logits = (node: number) => model.logits([...history, ...pathTo(tree, node)]);
  return {
    logits,
    argmax(node) {
      const logits_V = logits(node);
      return logits_V.indexOf(Math.max(...logits_V));
    },
    p(node) {
      const weights = Float64Array.from(logits(node), Math.exp);
      const sum = weights.reduce((a, b) => a + b, 0);
      return weights.map((weight) => weight / sum);
    },
  };
}
