import { ForetokenError, offsetOfTerm, Type } from '@foretoken/core/plugin';

/** Weights of loss terms by name. */
export type NamedWeights = Readonly<Record<string, number>>;

/** A list of weights by offset, the first one offset 1's. */
export const weightList = (description: string, fallback?: number[]) =>
  Type.Array(Type.Number({ minimum: 0 }), {
    minItems: 1,
    ...(fallback ? { default: fallback } : {}),
    description: `${description} The first is offset 1’s, the last one holds for all further offsets.`,
  });

/** The option `terms` of weightings that go by offset: what they cannot say of a head's own terms. */
export const namedWeights = Type.Record(Type.String(), Type.Number({ minimum: 0 }), {
  default: {},
  description: 'Weights of terms by name; other terms that are not called after an offset weigh 1.',
});

/** The weight of an offset in a list whose last entry repeats. */
export function listed(weights: readonly number[], offset: number): number {
  return weights[Math.min(offset, weights.length) - 1];
}

/**
 * Weights of loss terms: by name where one is given, else by the offset that the term is called after, else 1.
 *
 * @param terms - names of the loss terms
 * @param ofOffset - weight of an offset, from 1
 */
export function weighTerms(
  terms: readonly string[],
  named: NamedWeights,
  ofOffset: (offset: number) => number,
): number[] {
  return terms.map((term) => {
    if (Object.hasOwn(named, term)) return named[term];
    const offset = offsetOfTerm(term);
    return offset === undefined ? 1 : ofOffset(offset);
  });
}

/**
 * The terms that a weighting starts with, none of its named weights missing among them.
 * @throws OPTIONS_INVALID naming a weight that belongs to no term
 */
export function startTerms(weighting: string, terms: readonly string[], named: NamedWeights): string[] {
  const stranger = Object.keys(named).find((name) => !terms.includes(name));
  if (stranger === undefined) return [...terms];
  throw new ForetokenError(
    'OPTIONS_INVALID',
    `weighting "${weighting}": terms names "${stranger}", and this head's loss terms are ${terms.join(', ')}. Use one of those.`,
  );
}
