// V vocabulary. A model and its heads as tables of probabilities, and everything that a draft of them can become.
import { createRandom } from '@foretoken/core';
import type { Tree, Verdict } from '@foretoken/core/plugin';
import { judgements } from './judgements.ts';

export type Text = readonly number[];

export interface Tables {
  readonly vocabulary: number;
  /** What the model says after a text. */
  p(text: Text): Float64Array;
  /** What the head of the next level says after a text. */
  q(text: Text): Float64Array;
}

/** How a node gets its token: drawn of what its elders left, or the head's first choice of that. */
export type How = 'drawn' | 'chosen';

export interface Shape {
  readonly parent: readonly number[];
  readonly how: readonly How[];
}

/** One draft that can be, with its probability. */
export interface Draft {
  readonly share: number;
  readonly tree: Tree;
  readonly verdict: Pick<Verdict, 'p'>;
  textOf(node: number): Text;
}

/** Tables in which everything depends on the whole text; a fifth of the model's tokens are impossible. */
export function randomTables(vocabulary: number, seed: number): Tables {
  const known = new Map<string, Float64Array>();
  const row = (name: string, zeros: number) => {
    const random = createRandom(seed, name);
    const made =
      known.get(name) ?? normalized(vocabulary, () => (random.uniform() < zeros ? 0 : random.uniform() ** 2));
    known.set(name, made);
    return made;
  };
  return { vocabulary, p: (text) => row(`p ${text}`, 0.2), q: (text) => row(`q ${text}`, 0) };
}

/** Tables of one distribution each, whatever the text. */
export function constantTables(p: readonly number[], q: readonly number[]): Tables {
  return { vocabulary: p.length, p: () => Float64Array.from(p), q: () => Float64Array.from(q) };
}

function normalized(vocabulary: number, weight: () => number): Float64Array {
  // The last token is always possible, so that there is something to normalize.
  const weights = Float64Array.from(
    { length: vocabulary },
    (_, token) => weight() + (token === vocabulary - 1 ? 0.1 : 0),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((one) => one / sum);
}

/** Every draft of a shape. */
export function* drafts(tables: Tables, { parent, how }: Shape): Generator<Draft> {
  const tokens: number[] = [];
  const q: Tree['q'][number][] = [];
  const textOf = (node: number): Text => (node < 0 ? [] : [...textOf(parent[node]), tokens[node]]);
  yield* from(0, 1);

  function* from(node: number, share: number): Generator<Draft> {
    if (node === parent.length) {
      const tree: Tree = { tokens: Int32Array.from(tokens), parent: Int32Array.from(parent), q: [...q] };
      yield { share, tree, verdict: { p: (at) => tables.p(textOf(at)) }, textOf };
      return;
    }
    const left_V = leftFor(node);
    const most = left_V.indexOf(Math.max(...left_V));
    for (const [token, probability] of left_V.entries()) {
      if (how[node] === 'chosen' ? token !== most : probability === 0) continue;
      tokens[node] = token;
      q[node] = how[node] === 'chosen' ? 'chosen' : left_V;
      yield* from(node + 1, how[node] === 'chosen' ? share : share * probability);
    }
  }

  /** What the elder siblings left of the head's distribution. */
  function leftFor(node: number): Float64Array {
    const taken = new Set<number>();
    for (let elder = 0; elder < node; elder++) if (parent[elder] === parent[node]) taken.add(tokens[elder]);
    const said_V = tables.q(textOf(parent[node]));
    const rest = said_V.reduce((sum, weight, token) => sum + (taken.has(token) ? 0 : weight), 0);
    return said_V.map((weight, token) => (taken.has(token) ? 0 : weight / rest));
  }
}

/** What one step can leave: a text, the number of its tokens that were drafted, and the probability of it. */
export interface Outcome {
  readonly share: number;
  readonly text: Text;
  readonly accepted: number;
}

/** Every outcome of block verification, over all drafts of a shape. */
export function* outcomes(tables: Tables, shape: Shape): Generator<Outcome> {
  for (const draft of drafts(tables, shape)) {
    let open = draft.share;
    for (const { node, weight, next_V } of judgements(draft.tree, draft.verdict)) {
      const text = draft.textOf(node);
      for (const [token, measure] of next_V.entries()) {
        if (measure > 0) yield { share: open * measure, text: [...text, token], accepted: text.length };
      }
      open *= 1 - weight;
    }
  }
}

/** The probability of a text by plain sampling behind its first tokens. */
export function sampled(tables: Tables, text: Text, behind = 0): number {
  let probability = 1;
  for (let at = behind; at < text.length; at++) probability *= tables.p(text.slice(0, at))[text[at]];
  return probability;
}
