// n offsets predicted at once.

/** A term of the n-token loss: what is read up to `position` predicts the token `offset` further on. */
export interface LossTerm {
  readonly position: number;
  readonly offset: number;
}

/** Terms of the n-token loss over a sequence. */
export function lossTerms(length: number, horizon: number): readonly LossTerm[] {
  const terms: LossTerm[] = [];
  for (let position = 0; position < length; position++) {
    for (let offset = 1; offset <= horizon && position + offset < length; offset++) terms.push({ position, offset });
  }
  return terms;
}

/**
 * Terms of the n-token loss that a transition bears on: those made before it whose target it is, or whose target it
 * helps to decide. A choice point, upon which all that follows depends, so gets n(n+1)/2 terms, an inconsequential
 * transition n: the loss weighs choices (n+1)/2 times as much as next-token prediction does.
 *
 * It is found by enumeration, and so holds for any set of sequences: the target of a term is decided by a transition if
 * fewer targets are possible after it than before.
 *
 * @param sequences - everything that may happen, of equal lengths; a transition is a choice where they part
 * @param happened - index of the one that did
 * @returns for transition j, from token j to j+1, the number of terms
 * @source Gloeckle et al. 2024, arXiv:2404.19737, sec. 5.1, fig. 9 and app. L.3
 */
export function transitionWeights<Token>(
  sequences: readonly (readonly Token[])[],
  happened: number,
  horizon: number,
): number[] {
  const sequence = sequences[happened];
  const possible = possibleTokens(sequences, sequence);
  const weights = Array<number>(sequence.length - 1).fill(0);
  for (const { position, offset } of lossTerms(sequence.length, horizon)) {
    const target = position + offset;
    for (let j = position; j < target; j++) {
      if (j === target - 1 || possible(j + 1, target) < possible(j, target)) weights[j]++;
    }
  }
  return weights;
}

/** Weight of a choice point by the closed form. */
export const choicePointWeight = (horizon: number): number => (horizon * (horizon + 1)) / 2;

/** How many tokens may stand at `target` for one who has read a sequence up to `position`. */
function possibleTokens<Token>(sequences: readonly (readonly Token[])[], sequence: readonly Token[]) {
  return (position: number, target: number): number => {
    const alike = sequences.filter((other) => other.slice(0, position + 1).every((token, i) => token === sequence[i]));
    return new Set(alike.map((other) => other[target])).size;
  };
}
