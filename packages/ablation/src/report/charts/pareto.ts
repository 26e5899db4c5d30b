/** Something with a quality of which less is better and a speed of which more is. */
export interface QualityAndSpeed {
  readonly bits: number;
  readonly tokensPerSecond: number;
}

/**
 * The Pareto front: every point than which no other is at least as good in both respects and better in one; by speed, the
 * slowest first.
 */
export function paretoFront<T extends QualityAndSpeed>(points: readonly T[]): T[] {
  const fastestFirst = [...points].sort((a, b) => b.tokensPerSecond - a.tokensPerSecond || a.bits - b.bits);
  const front: T[] = [];
  for (const point of fastestFirst) {
    const last = front.at(-1);
    const isEqual = last?.bits === point.bits && last.tokensPerSecond === point.tokensPerSecond;
    if (!last || point.bits < last.bits || isEqual) front.push(point);
  }
  return front.reverse();
}
