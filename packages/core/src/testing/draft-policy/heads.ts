// V vocabulary. What heads say, made up at random.
import { pointMass } from '../../generation/distribution.ts';
import { createRandom } from '../../random/random.ts';
import { type ScriptedSession, scriptedSession } from '../scripted-session.ts';

/** Token ids are below it. */
export const VOCABULARY = 11;
/** Levels that the heads can draft. */
export const LEVELS = 5;
/** Levels of them that were trained. */
export const TRAINED = 3;

/** What the heads say after a path of drafted tokens: the same path, the same distribution. */
export type Heads = (path: readonly number[]) => Float64Array;

/** Heads that are sure, that know little, that know nothing, that rule most tokens out, that are certain. */
export const HEADS: readonly Heads[] = [
  heads('sure', 6),
  heads('unsure', 1),
  () => new Float64Array(VOCABULARY).fill(1 / VOCABULARY),
  heads('choosy', 2, 0.7),
  (path) => pointMass((7 * path.length + 3) % VOCABULARY, VOCABULARY),
  heads('other', 3),
];

/** @param sharpness - how far apart the logarithms are @param zeros - share of tokens that are impossible */
function heads(name: string, sharpness: number, zeros = 0): Heads {
  return (path) => {
    const random = createRandom(1, `${name} ${path}`);
    const weights_V = Float64Array.from({ length: VOCABULARY }, (_, token) => {
      const weight = Math.exp(sharpness * random.uniform());
      return token > 0 && random.uniform() < zeros ? 0 : weight;
    });
    const sum = weights_V.reduce((total, weight) => total + weight, 0);
    return weights_V.map((weight) => weight / sum);
  };
}

/** A session over made-up heads whose rows have room for a few steps. */
export function smallSession(context = 32): ScriptedSession {
  return scriptedSession({
    context,
    vocabulary: VOCABULARY,
    levels: LEVELS,
    logits: (history) => Float32Array.from({ length: VOCABULARY }, (_, token) => (token * 3 + history.length) % 7),
    headDistribution: (_, level) => HEADS[level % HEADS.length]([level]),
  });
}
