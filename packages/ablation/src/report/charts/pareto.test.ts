import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paretoFront, type QualityAndSpeed } from './pareto.ts';

const isBeaten = (point: QualityAndSpeed, by: QualityAndSpeed): boolean =>
  by.bits <= point.bits &&
  by.tokensPerSecond >= point.tokensPerSecond &&
  (by.bits < point.bits || by.tokensPerSecond > point.tokensPerSecond);

test('the front is what nothing beats in both, found by comparing every pair', () => {
  const point = fc.record({ bits: fc.integer({ min: 0, max: 6 }), tokensPerSecond: fc.integer({ min: 0, max: 6 }) });
  fc.assert(
    fc.property(fc.array(point), (points) => {
      const front = paretoFront(points);
      expect(new Set(front)).toEqual(new Set(points.filter((one) => !points.some((by) => isBeaten(one, by)))));
      const speeds = front.map(({ tokensPerSecond }) => tokensPerSecond);
      expect(speeds).toEqual([...speeds].sort((a, b) => a - b));
    }),
  );
});
