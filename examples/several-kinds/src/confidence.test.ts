import { describeEvalContract, scriptedSubject } from '@foretoken/core/testing';
import { expect, test } from 'vitest';
import confidence from './confidence.ts';

describeEvalContract(confidence, 'confidence', { windows: 3 });

test('counts the positions with at least that probability, by offset', async () => {
  // Every fourth position costs offset 1 nothing, the others log 4 nats; offset 2 always log 4: probabilities 1 and 1/4.
  const nats = (_: Int32Array, t: number, offset: number) => (offset === 1 && t % 4 === 0 ? 0 : Math.log(4));
  const subject = scriptedSubject({ context: 16, offsets: [1, 2], nats });
  const measure = (threshold: number) => confidence.create({}, { windows: 2, threshold }).measure(subject);
  expect((await measure(0.5)).results).toEqual({ offsets: [1, 2], shares: [0.25, 0] });
  expect((await measure(0.2)).results).toEqual({ offsets: [1, 2], shares: [1, 1] });
});
