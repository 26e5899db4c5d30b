/** Below any value that a fraction of ours takes, above the smallest number. */
const TINY = 1e-300;

/**
 * The value of b0 + a1 / (b1 + a2 / (b2 + ...)), to the last bits.
 * @param b0 - what stands before the first fraction
 * @param term - the pair (a, b) of each level, from 1 on
 * @source modified Lentz: Thompson & Barnett 1986
 */
export function continuedFraction(b0: number, term: (level: number) => readonly [a: number, b: number]): number {
  let value = b0 || TINY;
  let [c, d] = [value, 0];
  for (let level = 1; level < 100_000; level++) {
    const [a, b] = term(level);
    d = 1 / (b + a * d || TINY);
    c = b + a / c || TINY;
    value *= c * d;
    if (Math.abs(c * d - 1) < 2 * Number.EPSILON) break;
  }
  return value;
}
