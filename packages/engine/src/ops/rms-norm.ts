// D width, N rows.
import { shapeMismatch } from '../errors.ts';
import type { Tensor, Tensor1D } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import type { Kernels } from './kernels.ts';

/** Added to the mean square where nothing else is said. */
export const RMS_EPSILON = 1e-5;

/** RMS norm off the tape. */
export function normalized<T extends Tensor>(kernels: Kernels, x: T, gain_D: Tensor1D, epsilon = RMS_EPSILON): T {
  const D = x.shape[x.shape.length - 1];
  if (gain_D.shape.length !== 1 || gain_D.shape[0] !== D) {
    throw shapeMismatch('rmsNorm', `x [..,D] and a gain [D]`, `x [${x.shape}] and gain [${gain_D.shape}]`);
  }
  return kernels.rmsNorm(x, gain_D, epsilon) as T;
}

/** x / sqrt(mean(x^2) + epsilon) * gain over the last axis. */
export function rmsNorm<T extends Tensor>(kernels: Kernels, x: T, gain_D: Tensor1D, epsilon = RMS_EPSILON): T {
  return differentiable<T>(
    'rmsNorm',
    [x, gain_D],
    (save) => {
      save(x);
      save(gain_D);
      return normalized(kernels, x, gain_D, epsilon);
    },
    (dy, [input, gains]) => kernels.rmsNormGradients(dy, input, gains, epsilon, 1),
  );
}
