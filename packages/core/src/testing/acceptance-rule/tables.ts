// V vocabulary. A model and its heads as tables of probabilities, without a network.
import type { Random } from '../../contracts/random.ts';
import { createRandom } from '../../random/random.ts';

/**
 * A text is a number here: 0 is the empty one, and text t with token x behind it is t V + x + 1. So the texts of equal
 * length follow one another.
 */
export interface Tables {
  readonly vocabulary: number;
  /** A text after which everything is as after this one. */
  state(text: number): number;
  /** What the model says after a text. */
  p(text: number): Float64Array;
  /** What the head of a level says after a text, the drafted tokens included. */
  q(text: number, level: number): Float64Array;
}

/** @returns the text with a token behind it */
export function append(text: number, token: number, vocabulary: number): number {
  return text * vocabulary + token + 1;
}

/** The tokens of a text. */
export function tokensOf(text: number, vocabulary: number): number[] {
  const tokens: number[] = [];
  for (let left = text; left > 0; left = Math.floor((left - 1) / vocabulary)) {
    tokens.unshift((left - 1) % vocabulary);
  }
  return tokens;
}

/** The number of the first text of this length. */
export function firstText(length: number, vocabulary: number): number {
  let first = 0;
  for (let token = 0; token < length; token++) first = append(first, 0, vocabulary);
  return first;
}

/**
 * Tables in which everything depends on the whole text.
 *
 * @param options.zeros - share of impossible tokens; one at least is possible to the model, `support` to the heads
 */
export function randomTables(
  vocabulary: number,
  seed: number,
  { zeros = 0, support = 1 }: { readonly zeros?: number; readonly support?: number } = {},
): Tables {
  const known = new Map<string, Float64Array>();
  const row = (name: string, least: number) => {
    const made = known.get(name) ?? randomRow(vocabulary, createRandom(seed, name), zeros, least);
    known.set(name, made);
    return made;
  };
  return {
    vocabulary,
    state: (text) => text,
    p: (text) => row(`p ${text}`, 1),
    q: (text, level) => row(`q ${text} ${level}`, support),
  };
}

function randomRow(vocabulary: number, random: Random, zeros: number, least: number): Float64Array {
  const weights = Float64Array.from({ length: vocabulary }, (_, token) => {
    const isPossible = random.uniform() >= zeros || vocabulary - token <= least;
    return isPossible ? 1 + random.integer(20) : 0;
  });
  return normalized(weights);
}

/** Tables in which everything depends on the last token alone: row 0 of each stands for the empty text. */
export function markovTables(p: readonly (readonly number[])[], q: readonly (readonly number[])[][]): Tables {
  const vocabulary = p[0].length;
  const pRows = p.map((row) => normalized(Float64Array.from(row)));
  const qRows = q.map((rows) => rows.map((row) => normalized(Float64Array.from(row))));
  const state = (text: number) => (text === 0 ? 0 : 1 + ((text - 1) % vocabulary));
  return {
    vocabulary,
    state,
    p: (text) => pRows[state(text)],
    q: (text, level) => qRows[level - 1][state(text)],
  };
}

/** Distribution of the first `length` tokens by plain sampling, over all texts of that length in order. */
export function ancestral(tables: Tables, length: number): Float64Array {
  return continued(tables, new Map([[0, 1]]), length);
}

/** Goes on from texts of different lengths by plain sampling until all have `length` tokens, longer ones are cut. */
export function continued(tables: Tables, weights: ReadonlyMap<number, number>, length: number): Float64Array {
  const { vocabulary } = tables;
  const first = firstText(length, vocabulary);
  const end = first + vocabulary ** length;
  const out = new Float64Array(vocabulary ** length);
  const spread = (text: number, weight: number) => {
    if (text >= end) spread(Math.floor((text - 1) / vocabulary), weight);
    else if (text >= first) out[text - first] += weight;
    else {
      for (const [token, share] of tables.p(text).entries()) {
        if (share > 0) spread(append(text, token, vocabulary), weight * share);
      }
    }
  };
  for (const [text, weight] of weights) spread(text, weight);
  return out;
}

function normalized(weights: Float64Array): Float64Array {
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}
