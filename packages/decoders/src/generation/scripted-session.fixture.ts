// A session without a model: what it says and what it drafts is written down beforehand.
import type { DraftPolicy, Kept, Prompt, Session, Tree, Verdict } from '@foretoken/core';
import { emptyTree } from '@foretoken/core';

/** Token that follows a text. */
export type Script = (text: readonly number[]) => number;

export interface ScriptedOptions {
  /** The model. */
  readonly next: Script;
  /** The heads: a tree for a text. Default: none. */
  readonly draft?: (text: readonly number[]) => Pick<Tree, 'tokens' | 'parent'>;
  readonly context?: number;
  /** Raw logits of the 100 tokens that may follow a text. Default: none, and asking for them is an error. */
  readonly logits?: (text: readonly number[]) => Float32Array;
}

/** Records every call, and follows a script. */
export class ScriptedSession implements Session {
  readonly levels = 3;
  readonly vocabulary = 100;
  readonly calls: string[] = [];
  readonly policies: DraftPolicy[] = [];
  forwards = 0;
  /** Most rows that were open at once. */
  peak = 0;
  readonly #texts = new Map<number, number[]>();
  readonly #options: ScriptedOptions;
  #trees: readonly Tree[] = [];
  #nextId = 10;

  constructor(options: ScriptedOptions) {
    this.#options = options;
  }

  get context(): number {
    return this.#options.context ?? 1000;
  }

  get rows(): readonly number[] {
    return [...this.#texts.keys()];
  }

  room(row: number): number {
    return this.context - this.#texts.get(row)!.length;
  }

  join({ tokens }: Prompt): number {
    if (tokens.length === 0) throw new Error('empty prompt');
    this.calls.push('join');
    this.#texts.set(this.#nextId, [...tokens]);
    this.peak = Math.max(this.peak, this.#texts.size);
    return this.#nextId++;
  }

  leave(row: number): void {
    if (!this.#texts.delete(row)) throw new Error(`no row ${row}`);
    this.calls.push(`leave ${row}`);
  }

  fork(): void {
    throw new Error('not scripted');
  }

  async draft(policy: DraftPolicy): Promise<Tree[]> {
    this.calls.push('draft');
    this.policies.push(policy);
    return [...this.#texts.values()].map((text) => {
      const tree = this.#options.draft?.(text) ?? emptyTree();
      return { ...tree, q: [...tree.tokens].map(() => 'chosen') };
    });
  }

  async verify(trees: readonly Tree[]): Promise<Verdict[]> {
    this.calls.push(`verify ${trees.map(({ tokens }) => tokens.length)}`);
    this.forwards++;
    this.#trees = trees;
    return [...this.#texts.values()].map((text, r) => {
      const after = (node: number) => [...text, ...pathTo(trees[r], node)];
      const refuse = () => {
        throw new Error('not scripted');
      };
      const { next, logits } = this.#options;
      return {
        argmax: (node) => next(after(node)),
        p: refuse,
        logits: (node) => (logits ? logits(after(node)) : refuse()),
      };
    });
  }

  commit(kept: readonly Kept[]): void {
    this.calls.push('commit');
    for (const [r, text] of [...this.#texts.values()].entries()) {
      text.push(...Array.from(kept[r].path, (node) => this.#trees[r].tokens[node]), kept[r].next);
    }
  }

  dispose(): void {
    this.#texts.clear();
  }
}

/** Tokens from below the pending one to a node. */
function pathTo(tree: Pick<Tree, 'tokens' | 'parent'>, node: number): number[] {
  return node < 0 ? [] : [...pathTo(tree, tree.parent[node]), tree.tokens[node]];
}

/** A chain of tokens as a tree. */
export function chainOf(tokens: readonly number[]): Pick<Tree, 'tokens' | 'parent'> {
  return { tokens: Int32Array.from(tokens), parent: Int32Array.from(tokens, (_, node) => node - 1) };
}
