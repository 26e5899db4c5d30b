/**
 * The largest values, largest first, in one pass over many for a few.
 *
 * @param count - at least 1; all values where there are fewer
 */
export function largestValues(values: ArrayLike<number>, count: number): number[] {
  const largest: number[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (largest.length === count && value <= largest[count - 1]) continue;
    let place = largest.length < count ? largest.length : count - 1;
    for (; place > 0 && largest[place - 1] < value; place--) largest[place] = largest[place - 1];
    largest[place] = value;
  }
  return largest;
}
