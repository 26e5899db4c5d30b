import { type Tensor, tf } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import { alias, kernel } from '../tfjs/internals.ts';
import type { Ops } from './contract.ts';
import type { Kernels } from './kernels.ts';
import { checkResidual } from './linear.ts';
import { sumTo } from './sum-to.ts';

type Binary = (a: Tensor, b: Tensor) => Tensor;

const run =
  (name: string): Binary =>
  (a, b) =>
    kernel(name, { a, b });
const plus = run('Add');
const minus = run('Sub');
const times = run('Multiply');
const over = run('RealDiv');
const negative = (x: Tensor): Tensor => kernel('Neg', { x });

/** Gradients of both operands before the reduction to their shapes. */
type BinaryGradient = (dy: Tensor, a: Tensor, b: Tensor) => readonly [() => Tensor, () => Tensor];

function binary(name: string, forward: Binary, gradient: BinaryGradient, savesOperands = true) {
  return <T extends Tensor>(a: T, b: Tensor | number): T => {
    const right = typeof b === 'number' ? tf.scalar(b, a.dtype as 'float32') : b;
    return differentiable<T>(
      name,
      [a, right],
      (save) => {
        if (savesOperands) {
          save(a);
          save(right);
        }
        return forward(a, right) as T;
      },
      (dy, [left, other], needs) => {
        const [ofA, ofB] = gradient(dy, left, other);
        return [needs[0] ? sumTo(ofA(), a.shape) : undefined, needs[1] ? sumTo(ofB(), right.shape) : undefined];
      },
    );
  };
}

/** 1 where a beats b, 1/2 in a tie, 0 elsewhere. */
function share(isAbove: string, a: Tensor, b: Tensor): Tensor {
  const above = tf.cast(kernel<Tensor>(isAbove, { a, b }), 'float32');
  const tied = tf.cast(kernel<Tensor>('Equal', { a, b }), 'float32');
  return plus(above, times(tied, tf.scalar(0.5)));
}

const selected =
  (isAbove: 'Greater' | 'Less'): BinaryGradient =>
  (dy, a, b) => [() => times(dy, share(isAbove, a, b)), () => times(dy, share(isAbove, b, a))];

/** Derivative of a unary operation times dy. */
type UnaryGradient = (dy: Tensor, x: Tensor, y: Tensor) => Tensor;

function unary(
  name: string,
  forward: (x: Tensor) => Tensor,
  saves: 'input' | 'output' | 'none',
  gradient: UnaryGradient,
) {
  return <T extends Tensor>(x: T): T =>
    differentiable<T>(
      name,
      [x],
      (save) => {
        const y = forward(x);
        if (saves !== 'none') save(saves === 'input' ? x : y);
        return y as T;
      },
      (dy, [saved]) => [gradient(dy, saved, saved)],
    );
}

const minusFrom1 = (x: Tensor): Tensor => minus(tf.scalar(1), x);
const sigmoidOf = (x: Tensor): Tensor => kernel('Sigmoid', { x });

function softplusOf(x: Tensor): Tensor {
  const tail: Tensor = kernel('Log1p', { x: kernel('Exp', { x: negative(kernel('Abs', { x })) }) });
  return plus(kernel('Relu', { x }), tail);
}

function siluGradient(dy: Tensor, x: Tensor): Tensor {
  const s = sigmoidOf(x);
  return times(dy, times(s, plus(times(x, minusFrom1(s)), tf.scalar(1))));
}

/** x * sigmoid(x) (+ residual). */
export function silu<T extends Tensor>(kernels: Kernels, x: T, { residual }: { residual?: T } = {}): T {
  checkResidual('silu', residual, x.shape);
  const residuals = residual === undefined ? [] : [residual];
  return differentiable<T>(
    'silu',
    [x, ...residuals],
    (save) => {
      save(x);
      return kernels.silu(x, residual) as T;
    },
    (dy, [saved], needs) => [needs[0] ? siluGradient(dy, saved) : undefined, ...residuals.map(() => alias(dy))],
  );
}

/** Selects by a condition; its gradient goes where the value came from. */
function where<T extends Tensor>(condition: Tensor, a: T, b: T): T {
  const select = (flags: Tensor, t: Tensor, e: Tensor): Tensor => kernel('Select', { condition: flags, t, e });
  return differentiable<T>(
    'where',
    [a, b],
    (save) => {
      const flags = condition.dtype === 'bool' ? alias(condition) : tf.notEqual(condition, tf.scalar(0, 'int32'));
      save(flags);
      return select(flags, a, b) as T;
    },
    (dy, [flags]) => {
      const zeros = tf.zeros<tf.Rank>(dy.shape);
      return [select(flags, dy, zeros), select(flags, zeros, dy)];
    },
  );
}

/** Elementwise operations of {@link Ops}. */
export const elementwise = {
  add: binary('add', plus, (dy) => [() => dy, () => dy], false),
  sub: binary('sub', minus, (dy) => [() => dy, () => negative(dy)], false),
  mul: binary('mul', times, (dy, a, b) => [() => times(dy, b), () => times(dy, a)]),
  div: binary('div', over, (dy, a, b) => [() => over(dy, b), () => negative(over(times(dy, over(a, b)), b))]),
  maximum: binary('maximum', run('Maximum'), selected('Greater')),
  minimum: binary('minimum', run('Minimum'), selected('Less')),
  neg: unary('neg', negative, 'none', (dy) => negative(dy)),
  exp: unary(
    'exp',
    (x) => kernel('Exp', { x }),
    'output',
    (dy, _, y) => times(dy, y),
  ),
  log: unary(
    'log',
    (x) => kernel('Log', { x }),
    'input',
    (dy, x) => over(dy, x),
  ),
  sqrt: unary(
    'sqrt',
    (x) => kernel('Sqrt', { x }),
    'output',
    (dy, _, y) => over(dy, plus(y, y)),
  ),
  square: unary(
    'square',
    (x) => times(x, x),
    'input',
    (dy, x) => times(dy, plus(x, x)),
  ),
  abs: unary(
    'abs',
    (x) => kernel('Abs', { x }),
    'input',
    (dy, x) => times(dy, kernel('Sign', { x })),
  ),
  tanh: unary(
    'tanh',
    (x) => kernel('Tanh', { x }),
    'output',
    (dy, _, y) => times(dy, minusFrom1(times(y, y))),
  ),
  sigmoid: unary('sigmoid', sigmoidOf, 'output', (dy, _, y) => times(dy, times(y, minusFrom1(y)))),
  relu: unary(
    'relu',
    (x) => kernel('Relu', { x }),
    'input',
    (dy, x) => times(dy, kernel('Step', { x }, { alpha: 0 })),
  ),
  softplus: unary('softplus', softplusOf, 'input', (dy, x) => times(dy, sigmoidOf(x))),
  where,
} satisfies Partial<Ops>;
