import { beforeEach, expect, test } from 'vitest';
import { openEngine } from '../open-engine.ts';
import * as reference from '../reference/index.ts';
import { type Tensor, tf } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import { compare, judge, type OpCase, TOLERANCE } from './judge.ts';

const engine = await openEngine({ name: 'cpu' });
beforeEach(() => openEngine({ name: 'cpu' }));

const caseOf = (run: (x: Tensor) => Tensor): OpCase => ({
  name: 'square',
  shapes: [[3, 17]],
  run: (_, [x]) => run(x),
  reference: (x) => reference.square(x),
});

/** x^2 and its gradient, each times a factor. */
const square = (ofValue: number, ofGradient: number) => (x: Tensor) =>
  differentiable<Tensor>(
    'square',
    [x],
    (save) => {
      save(x);
      return tf.mul(tf.square(x), ofValue);
    },
    (dy, [saved]) => [tf.mul(tf.mul(dy, saved), 2 * ofGradient)],
  );

test('a right operation is within tolerance and leaves nothing behind', () => {
  const { forward, gradients, leakedTensors } = judge(engine, caseOf(square(1, 1)));
  expect(forward).toBeLessThan(TOLERANCE.forward);
  expect(gradients[0]).toBeLessThan(TOLERANCE.gradient);
  expect(leakedTensors).toBe(0);
});

test('a wrong value, a wrong gradient and a lost gradient show, each by itself', () => {
  const wrongValue = judge(engine, caseOf(square(1.001, 1)));
  expect(wrongValue.forward).toBeCloseTo(0.001, 5);
  expect(wrongValue.gradients[0]).toBeLessThan(TOLERANCE.gradient);
  const wrongGradient = judge(engine, caseOf(square(1, 1.01)));
  expect(wrongGradient.forward).toBeLessThan(TOLERANCE.forward);
  expect(wrongGradient.gradients[0]).toBeGreaterThan(0.005);
  const lost = caseOf((x) => engine.ops.square(engine.ops.stopGradient(x)));
  expect(judge(engine, lost).gradients).toEqual([Number.POSITIVE_INFINITY]);
});

test('values that are not numbers, another shape and a kept tensor show', () => {
  expect(
    judge(
      engine,
      caseOf((x) => engine.ops.mul(engine.ops.square(x), Number.NaN)),
    ).forward,
  ).toBeNaN();
  const reshaped = caseOf((x) => engine.ops.reshape(engine.ops.square(x), [17, 3]));
  expect(judge(engine, { ...reshaped, hasGradient: false }).forward).toBe(Number.POSITIVE_INFINITY);
  const kept: Tensor[] = [];
  const keeping = caseOf((x) => {
    kept.push(tf.keep(tf.zeros([1])));
    return engine.ops.square(x);
  });
  expect(judge(engine, keeping).leakedTensors).toBe(kept.length);
  tf.dispose(kept);
});

test('a kernel that is not its composite shows', () => {
  const opCase: OpCase = { ...caseOf(square(1, 1)), run: (ops, [x]) => ops.square(x) };
  const wrong = { ...engine, ops: { ...engine.ops, square: square(1, 1.01) as typeof engine.ops.square } };
  expect(compare(engine, engine, opCase)).toEqual({ forward: 0, gradients: [0] });
  expect(compare(engine, wrong, opCase).gradients[0]).toBeGreaterThan(0.005);
});
