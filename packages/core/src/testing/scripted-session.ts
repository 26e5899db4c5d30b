// V vocabulary.
import type { Session, Tree, Verdict } from '../contracts/decoding.ts';
import { createSampler, type Sampler } from '../generation/sampler.ts';
import { chainTree } from '../generation/tree.ts';
import { pathTo, scriptedDraft } from './scripted-draft.ts';

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

interface ScriptedRow {
  readonly history: number[];
  readonly sampler: Sampler;
}

/**
 * A decoding session over a function instead of a model: for tests of decoders and evals whose every token is known.
 *
 * Verdicts and drawn drafts follow each row's sampling, as a real session's do. It keeps the order of draft, verify and
 * commit no better than its caller.
 */
export function scriptedSession(model: ScriptedModel): ScriptedSession {
  const open = new Map<number, ScriptedRow>();
  let verified: readonly Tree[] = [];
  let forwards = 0;
  let nextRow = 0;
  let disposed = false;
  const add = (history: readonly number[], sampler: Sampler) => {
    open.set(nextRow, { history: [...history], sampler });
    return nextRow++;
  };
  return {
    get rows() {
      return [...open.keys()];
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
      return vocabularyOf(model);
    },
    room: (row) => model.context - open.get(row)!.history.length,
    join: ({ tokens, sampling }) => add([...tokens], createSampler(sampling, vocabularyOf(model))),
    leave: (row) => void open.delete(row),
    fork(from, pending) {
      const originals = from.map((row) => open.get(row)!);
      open.clear();
      for (const [copy, { history, sampler }] of originals.entries()) {
        add(pending ? [...history.slice(0, -1), pending[copy]] : history, sampler);
      }
    },
    draft: async (policy, random) =>
      [...open].map(([row, { history, sampler }]) =>
        model.headDistribution
          ? scriptedDraft(model, { history, sampler, random, at: { row, rows: open.size } }, policy)
          : chainTree(model.drafts?.(history) ?? []),
      ),
    async verify(trees) {
      forwards++;
      verified = trees;
      return [...open.values()].map((row, i) => scriptedVerdict(model, row, trees[i]));
    },
    commit(kept) {
      for (const [i, { history }] of [...open.values()].entries()) {
        history.push(...Array.from(kept[i].path, (node) => verified[i].tokens[node]), kept[i].next);
      }
    },
    dispose() {
      open.clear();
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

function vocabularyOf(model: ScriptedModel): number {
  return model.vocabulary ?? model.logits([0]).length;
}

/** What the model says of a row as it is now, whatever is committed later. */
function scriptedVerdict(model: ScriptedModel, { history: committed, sampler }: ScriptedRow, tree: Tree): Verdict {
  const history = [...committed];
  const after = (node: number) => [...history, ...pathTo(tree, node)];
  const logits = (node: number) => model.logits(after(node));
  return {
    logits,
    argmax: (node) => sampler.argmax(logits(node), () => after(node)),
    p: (node) => sampler.distribution(logits(node), () => after(node)),
  };
}
