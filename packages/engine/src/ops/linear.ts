// I input width, O output width, N rows: every leading axis of x taken together.
import { shapeMismatch } from '../errors.ts';
import type { Tensor, Tensor1D, Tensor2D } from '../tensor.ts';
import { tf } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import { alias } from '../tfjs/internals.ts';
import type { Kernels } from './kernels.ts';
import { sumLeading } from './sum-to.ts';

/** x as rows of its last axis; shares the buffer. */
export function asRows(x: Tensor): Tensor2D {
  const width = x.shape[x.shape.length - 1];
  return alias<Tensor2D>(x, [x.shape.slice(0, -1).reduce((count, size) => count * size, 1), width]);
}

/** {@link Kernels.linear} by way of a product of matrices. */
export const linearBy =
  (product: Kernels['product']): Kernels['linear'] =>
  (x_I, weight_IO, { bias_O, residual } = {}) => {
    const options = { bias_N: bias_O, residual_MN: residual === undefined ? undefined : asRows(residual) };
    const y_NO = product(asRows(x_I), weight_IO, options);
    return x_I.shape.length === 2 ? y_NO : alias(y_NO, x_I.shape.with(-1, y_NO.shape[1] as number));
  };

/** d(x W)/dW: the product of x transposed and dy. */
export const weightGradient = (kernels: Kernels, x_NI: Tensor, dy_NO: Tensor): Tensor =>
  kernels.product(x_NI, dy_NO, { transposeA: true });

/** d(x W)/dx: the product of dy and W transposed. */
export const inputGradient = (kernels: Kernels, dy_NO: Tensor, weight_IO: Tensor): Tensor =>
  kernels.product(dy_NO, weight_IO, { transposeB: true });

/** Refuses operands that do not fit. */
export function checkLinear(operation: string, x: Tensor, weight_IO: Tensor): void {
  const I = x.shape[x.shape.length - 1];
  if (x.shape.length >= 1 && weight_IO.shape.length === 2 && weight_IO.shape[0] === I) return;
  throw shapeMismatch(operation, 'x [..,I] and a weight [I,O]', `x [${x.shape}] and weight [${weight_IO.shape}]`);
}

/** Refuses a residual of another shape than the output's. */
export function checkResidual(operation: string, residual: Tensor | undefined, shape: readonly number[]): void {
  if (residual === undefined || tf.util.arraysEqual(residual.shape, [...shape])) return;
  throw shapeMismatch(operation, `a residual of the output's shape [${shape}]`, `[${residual.shape}]`);
}

/** x W (+ bias) (+ residual) over the last axis. */
export function linear<T extends Tensor>(
  kernels: Kernels,
  x_I: T,
  weight_IO: Tensor2D,
  { bias_O, residual }: { bias_O?: Tensor1D; residual?: T } = {},
): T {
  checkLinear('linear', x_I, weight_IO);
  const [I, O] = weight_IO.shape;
  const shape = [...x_I.shape.slice(0, -1), O];
  if (bias_O !== undefined && (bias_O.shape.length !== 1 || bias_O.shape[0] !== O)) {
    throw shapeMismatch('linear', `a bias [${O}]`, `[${bias_O.shape}]`);
  }
  checkResidual('linear', residual, shape);
  const biases = bias_O === undefined ? [] : [bias_O];
  const residuals = residual === undefined ? [] : [residual];
  return differentiable<T>(
    'linear',
    [x_I, weight_IO, ...biases, ...residuals],
    (save) => {
      save(x_I);
      save(weight_IO);
      return kernels.linear(x_I, weight_IO, { bias_O, residual }) as T;
    },
    (dy, [x, weight], needs) => {
      const dy_NO = asRows(dy);
      return [
        needs[0] ? alias(inputGradient(kernels, dy_NO, weight), [...shape.slice(0, -1), I]) : undefined,
        needs[1] ? weightGradient(kernels, asRows(x), dy_NO) : undefined,
        ...biases.map(() => (needs[2] ? sumLeading(dy_NO, [O]) : undefined)),
        ...residuals.map(() => alias(dy)),
      ];
    },
  );
}
