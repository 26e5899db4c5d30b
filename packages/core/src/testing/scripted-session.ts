// V vocabulary.
import type { DraftPolicy, Kept, Prompt, Session, Tree, Verdict } from '../contracts/decoding.ts';
import type { Random } from '../contracts/random.ts';
import { indexOfLargest, softmax } from '../generation/distribution.ts';
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
  /** Absent where the row's distribution is the model's own. */
  readonly sampler: Sampler | undefined;
}

/**
 * A decoding session over a function instead of a model: for tests of decoders and evals whose every token is known.
 *
 * Verdicts and drawn drafts follow each row's sampling, as a real session's do. It keeps the order of draft, verify and
 * commit no better than its caller.
 */
export function scriptedSession(model: ScriptedModel): ScriptedSession {
  return new RowsOfScript(model);
}

class RowsOfScript implements ScriptedSession {
  readonly levels: number;
  readonly context: number;
  forwards = 0;
  disposed = false;
  readonly #model: ScriptedModel;
  readonly #open = new Map<number, ScriptedRow>();
  #verified: readonly Tree[] = [];
  #nextRow = 0;

  constructor(model: ScriptedModel) {
    this.#model = model;
    this.levels = model.levels ?? 0;
    this.context = model.context;
  }

  get rows(): number[] {
    return [...this.#open.keys()];
  }

  get vocabulary(): number {
    return this.#model.vocabulary ?? this.#model.logits([0]).length;
  }

  room(row: number): number {
    return this.context - this.#open.get(row)!.history.length;
  }

  join({ tokens, sampling }: Prompt): number {
    return this.#add([...tokens], sampling && createSampler(sampling, this.vocabulary));
  }

  leave(row: number): void {
    this.#open.delete(row);
  }

  fork(from: readonly number[], pending?: readonly number[]): void {
    const originals = from.map((row) => this.#open.get(row)!);
    this.#open.clear();
    for (const [copy, { history, sampler }] of originals.entries()) {
      this.#add(pending ? [...history.slice(0, -1), pending[copy]] : [...history], sampler);
    }
  }

  async draft(policy: DraftPolicy, random: (row: number) => Random): Promise<Tree[]> {
    return [...this.#open].map(([row, { history, sampler }]) =>
      this.#model.headDistribution
        ? scriptedDraft(this.#model, { history, sampler, random, at: { row, rows: this.#open.size } }, policy)
        : chainTree(this.#model.drafts?.(history) ?? []),
    );
  }

  async verify(trees: readonly Tree[]): Promise<Verdict[]> {
    this.forwards++;
    this.#verified = trees;
    return [...this.#open.values()].map((row, index) => scriptedVerdict(this.#model, row, trees[index]));
  }

  commit(kept: readonly Kept[]): void {
    for (const [index, { history }] of [...this.#open.values()].entries()) {
      const { path, next } = kept[index];
      history.push(...Array.from(path, (node) => this.#verified[index].tokens[node]), next);
    }
  }

  dispose(): void {
    this.#open.clear();
    this.disposed = true;
  }

  #add(history: number[], sampler: Sampler | undefined): number {
    this.#open.set(this.#nextRow, { history, sampler });
    return this.#nextRow++;
  }
}

/** Logits that leave no doubt: 1 for the token, 0 for all others. */
export function certainOf(token: number, vocabulary: number): Float32Array {
  const logits_V = new Float32Array(vocabulary);
  logits_V[token] = 1;
  return logits_V;
}

/** What the model says of a row as it is now, whatever is committed later. */
function scriptedVerdict(model: ScriptedModel, { history: committed, sampler }: ScriptedRow, tree: Tree): Verdict {
  const history = [...committed];
  const after = (node: number) => [...history, ...pathTo(tree, node)];
  const logits = (node: number) => model.logits(after(node));
  if (!sampler) return { logits, argmax: (node) => indexOfLargest(logits(node)), p: (node) => softmax(logits(node)) };
  return {
    logits,
    argmax: (node) => sampler.argmax(logits(node), () => after(node)),
    p: (node) => sampler.distribution(logits(node), () => after(node)),
  };
}
