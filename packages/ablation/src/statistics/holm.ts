/**
 * P values corrected for their number: all verdicts at a level of these are right together with probability 1 - level.
 *
 * Valid whatever the dependence between the tests, and so for arms that share a baseline.
 * @param values - one per comparison, from 0 to 1; undefined for one that could not be tested, which counts as 1
 * @returns in the same order, never below what went in, undefined where nothing was tested
 * @source Holm 1979, "A simple sequentially rejective multiple test procedure"
 */
export function holm(values: readonly (number | undefined)[]): (number | undefined)[] {
  const order = values.map((_, i) => i).sort((i, j) => (values[i] ?? 1) - (values[j] ?? 1));
  const adjusted: (number | undefined)[] = values.map(() => undefined);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.min(1, Math.max(largest, (values.length - rank) * (values[i] ?? 1)));
    if (values[i] !== undefined) adjusted[i] = largest;
  }
  return adjusted;
}
