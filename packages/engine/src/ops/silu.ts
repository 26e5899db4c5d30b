import { type Tensor, tf } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import { alias, kernel } from '../tfjs/internals.ts';
import type { Kernels } from './kernels.ts';
import { checkResidual } from './linear.ts';

const times = (a: Tensor, b: Tensor): Tensor => kernel('Multiply', { a, b });

/** From dy: dy times silu'(x) = s (x (1 - s) + 1), s = sigmoid(x). */
function inputGradient(dy: Tensor, x: Tensor): Tensor {
  const s: Tensor = kernel('Sigmoid', { x });
  const one = tf.scalar(1);
  const slope: Tensor = kernel('Add', { a: times(x, kernel('Sub', { a: one, b: s })), b: one });
  return times(dy, times(s, slope));
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
    (dy, [saved], needs) => [needs[0] ? inputGradient(dy, saved) : undefined, ...residuals.map(() => alias(dy))],
  );
}
