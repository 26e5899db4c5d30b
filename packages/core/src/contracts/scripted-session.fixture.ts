// A session over a scripted model, for the tests of decoders: the last two tokens decide the next.
import type { DraftPolicy, Kept, Prompt, Session, Tree } from './decoding.ts';
/** Tokens of the scripted model. */
export const VOCABULARY = 4;

/** A fixed pseudo-random distribution after a text; `flavour` 0 is the model's own, others are its drafting heads'. */
export function scripted(text: readonly number[], flavour = 0): Float64Array {
  const [a, b] = [text.at(-2) ?? 0, text.at(-1)!];
  const weights = Float64Array.from({ length: VOCABULARY }, (_, v) => {
    const own = Math.sin(39 + 12.9898 * a + 78.233 * b + 37.719 * v) * 43758.5453;
    const head = Math.sin(flavour * (4.1 + v + a)) * 0.4;
    return Math.exp(3 * (own - Math.floor(own)) + head);
  });
  const sum = weights.reduce((x, y) => x + y, 0);
  return weights.map((weight) => weight / sum);
}

/** Index of the largest value; the lowest of a tie. */
export const largest = (p: ArrayLike<number>) => Array.from(p).indexOf(Math.max(...Array.from(p)));

/** Keeps every row as plain text, so that there is no cache to get wrong. */
export class ScriptedSession implements Session {
  readonly levels = 3;
  forwards = 0;
  #texts = new Map<number, number[]>();
  #ids = 0;
  #trees: readonly Tree[] | undefined;
  get rows() {
    return [...this.#texts.keys()];
  }
  room() {
    return 1000;
  }
  join({ tokens }: Prompt) {
    this.#texts.set(this.#ids, [...tokens]);
    return this.#ids++;
  }
  leave(row: number) {
    this.#texts.delete(row);
  }
  fork(from: readonly number[], pending?: readonly number[]) {
    const copies = from.map((row, r) => [
      ...this.#texts.get(row)!.slice(0, -1),
      pending?.[r] ?? this.#texts.get(row)!.at(-1)!,
    ]);
    this.#texts = new Map(copies.map((text) => [this.#ids++, text]));
  }
  async draft(policy: DraftPolicy) {
    return [...this.#texts.values()].map((text) => {
      const tokens: number[] = [];
      const parent: number[] = [];
      const at = { levels: this.levels, rows: this.#texts.size };
      let frontier = [-1];
      for (let level = 1; level <= this.levels && frontier.length > 0; level++) {
        const tree = {
          tokens: Int32Array.from(tokens),
          parent: Int32Array.from(parent),
          q: tokens.map(() => 'chosen' as const),
        };
        const p = (node: number) => scripted([...text, ...pathTo(tree, node)], level);
        const grown = policy.grow(tree, frontier, p, { level, ...at });
        frontier = grown.map(({ node }) => {
          parent.push(node);
          return tokens.push(largest(p(node))) - 1;
        });
      }
      return {
        tokens: Int32Array.from(tokens),
        parent: Int32Array.from(parent),
        q: tokens.map(() => 'chosen' as const),
      };
    });
  }
  async verify(trees: readonly Tree[]) {
    this.forwards++;
    this.#trees = trees;
    return [...this.#texts.values()].map((text, r) => {
      const p = (node: number) => scripted([...text, ...pathTo(trees[r], node)]);
      return {
        p,
        argmax: (node: number) => largest(p(node)),
        logits: (node: number) => Float32Array.from(p(node), Math.log),
      };
    });
  }
  commit(kept: readonly Kept[]) {
    [...this.#texts.values()].forEach((text, r) => {
      text.push(...Array.from(kept[r].path, (node) => this.#trees![r].tokens[node]), kept[r].next);
    });
  }
  dispose() {
    this.#texts.clear();
  }
}

function pathTo({ tokens, parent }: Tree, node: number): number[] {
  return node < 0 ? [] : [...pathTo({ tokens, parent, q: [] }, parent[node]), tokens[node]];
}
