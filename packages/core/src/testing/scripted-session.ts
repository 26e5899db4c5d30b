// V vocabulary.
import type { Session, Tree, Verdict } from '../contracts/decoding.ts';

/** A model without tensors: what a {@link scriptedSession} decodes. */
export interface ScriptedModel {
  readonly context: number;
  /** Logits of the next token after these ones. */
  logits(history: readonly number[]): Float32Array;
  /** Levels that the heads draft at most. Default 0. */
  readonly levels?: number;
  /** Tokens that the heads draft behind the pending one, the last of `history`. Default: none. */
  drafts?(history: readonly number[]): readonly number[];
}

/** A session that counts what is open in it. */
export interface ScriptedSession extends Session {
  readonly disposed: boolean;
}

/**
 * A decoding session over a function instead of a model: for tests of decoders and evals whose every token is known.
 *
 * It drafts a chain without asking the policy, and keeps the order of draft, verify and commit no better than its caller.
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
    room: (row) => model.context - histories.get(row)!.length,
    join: ({ tokens }) => open([...tokens]),
    leave: (row) => void histories.delete(row),
    fork(from) {
      const copies = from.map((row) => histories.get(row)!);
      histories.clear();
      for (const history of copies) open(history);
    },
    draft: async () => [...histories.values()].map((history) => chain(model.drafts?.(history) ?? [])),
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

function scriptedVerdict(model: ScriptedModel, history: readonly number[], { tokens, parent }: Tree): Verdict {
  const pathTo = (node: number): number[] => (node < 0 ? [] : [...pathTo(parent[node]), tokens[node]]);
  const logits = (node: number) => model.logits([...history, ...pathTo(node)]);
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
