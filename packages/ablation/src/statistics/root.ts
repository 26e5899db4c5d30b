/**
 * Where a function that never falls crosses zero.
 * @param low - f(low) <= 0
 * @param high - f(high) >= 0
 * @returns to the last bits
 * @source Ridders 1979: quadratic like Newton's method, and never outside of the bracket
 */
export function increasingRoot(f: (x: number) => number, low: number, high: number): number {
  let [a, b, fa, fb] = [low, high, f(low), f(high)];
  for (let i = 0; i < 200 && b - a > 4 * Number.EPSILON * Math.max(Math.abs(a), Math.abs(b)); i++) {
    const middle = a + (b - a) / 2;
    const fm = f(middle);
    if (fm === 0) return middle;
    const guess = middle - ((middle - a) * fm) / Math.sqrt(fm * fm - fa * fb);
    // Where a value is infinite there is no guess, and halving goes on.
    const x = Number.isFinite(guess) ? guess : middle;
    const fx = f(x);
    if (fx === 0) return x;
    // The tightest bracket that the known points give.
    for (const [at, value] of [
      [middle, fm],
      [x, fx],
    ]) {
      if (value < 0 && at > a) [a, fa] = [at, value];
      if (value > 0 && at < b) [b, fb] = [at, value];
    }
  }
  return a + (b - a) / 2;
}
