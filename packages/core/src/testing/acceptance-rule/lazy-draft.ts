// Drafts whose tokens are drawn when a rule first reads them: what it does not read makes no difference.
import type { Tree, Verdict } from '../../contracts/decoding.ts';
import { indexOfLargest, without } from '../../generation/distribution.ts';
import { append, type Tables } from './tables.ts';

/** How a node gets its token: drawn of what its elders left, drawn anew of all, or the first choice that is left. */
export type How = 'drawn' | 'redrawn' | 'chosen';

/** The form of a draft: parents, and how each node gets its token. */
export interface Shape {
  readonly parent: readonly number[];
  readonly how: readonly How[];
}

/** Where tokens come from, and who is told of what a rule asks. */
export interface Source {
  draw(q: Float64Array): number;
  note(what: string): void;
}

/** A draft over {@link Tables}, and the verdict about it. */
export class LazyDraft {
  readonly tree: Tree;
  readonly verdict: Verdict;
  readonly #tables: Tables;
  readonly #shape: Shape;
  readonly #levels: number[];
  readonly #elders: number[][];
  readonly #tokens: number[];
  readonly #texts: number[];
  readonly #q: (Float64Array | 'chosen')[] = [];
  #root = 0;
  #source!: Source;

  constructor(tables: Tables, shape: Shape) {
    const { parent } = shape;
    this.#tables = tables;
    this.#shape = shape;
    this.#tokens = parent.map(() => -1);
    this.#texts = parent.map(() => 0);
    this.#levels = [];
    for (const above of parent) this.#levels.push(above < 0 ? 1 : this.#levels[above] + 1);
    this.#elders = parent.map((above, node) => [...parent.keys()].filter((n) => n < node && parent[n] === above));
    this.tree = {
      tokens: readOnDemand(parent.length, (node) => this.#token(node)) as unknown as Int32Array,
      parent: Int32Array.from(parent),
      q: readOnDemand(parent.length, (node) => {
        this.#token(node);
        return this.#q[node];
      }),
    };
    this.verdict = {
      p: (node) => {
        this.#source.note(`p${node}`);
        return tables.p(this.#text(node));
      },
      argmax: (node) => {
        this.#source.note(`argmax${node}`);
        return indexOfLargest(tables.p(this.#text(node)));
      },
      logits: (node) => {
        this.#source.note(`logits${node}`);
        return Float32Array.from(tables.p(this.#text(node)), Math.log);
      },
    };
  }

  /** Starts anew behind a text. */
  begin(root: number, source: Source): void {
    this.#root = root;
    this.#source = source;
    this.#tokens.fill(-1);
  }

  /** The same draft as decoders know it, all drawn. */
  drawn(): Tree {
    for (let node = 0; node < this.#tokens.length; node++) this.#token(node);
    return { tokens: new Int32Array(this.#tokens), parent: this.tree.parent, q: this.#q };
  }

  #text(node: number): number {
    if (node < 0) return this.#root;
    this.#token(node);
    return this.#texts[node];
  }

  #token(node: number): number {
    if (this.#tokens[node] >= 0) return this.#tokens[node];
    const before = this.#text(this.#shape.parent[node]);
    const said = this.#tables.q(before, this.#levels[node]);
    const how = this.#shape.how[node];
    const elders = this.#elders[node];
    const isWhole = how === 'redrawn' || elders.length === 0;
    const left = isWhole
      ? said
      : without(
          said,
          elders.map((elder) => this.#token(elder)),
        );
    if (!left) throw new Error(`nothing is left for node ${node}: give the heads more possible tokens`);
    this.#source.note(`draw${node}`);
    const token = how === 'chosen' ? left.indexOf(Math.max(...left)) : this.#source.draw(left);
    this.#q[node] = how === 'chosen' ? 'chosen' : left;
    this.#texts[node] = append(before, token, this.#tables.vocabulary);
    this.#tokens[node] = token;
    return token;
  }
}

/** An array whose elements are made when they are read. */
function readOnDemand<Value>(length: number, read: (index: number) => Value): readonly Value[] {
  const getters = Array.from({ length }, (_, index) => [index, { get: () => read(index) }]);
  return Object.defineProperties({ length }, Object.fromEntries(getters)) as unknown as readonly Value[];
}
