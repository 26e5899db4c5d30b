// D width, N rows.
import { shapeMismatch } from '../errors.ts';
import { rmsNormGradients, rmsNormRows } from '../loops/rms-norm.ts';
import type { Tensor, Tensor1D } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import { hostCompute, hostComputeOne } from '../tfjs/host.ts';

/** Added to the mean square where nothing else is said. */
export const RMS_EPSILON = 1e-5;

/** RMS norm off the tape. */
export function normalized<T extends Tensor>(x: T, gain_D: Tensor1D, epsilon = RMS_EPSILON): T {
  const D = x.shape[x.shape.length - 1];
  if (gain_D.shape.length !== 1 || gain_D.shape[0] !== D) {
    throw shapeMismatch('rmsNorm', `x [..,D] and a gain [D]`, `x [${x.shape}] and gain [${gain_D.shape}]`);
  }
  return hostComputeOne<T>([x, gain_D], x.shape, (y, values, gains) => rmsNormRows(y, values, gains, epsilon));
}

/**
 * Gradients of {@link normalized}.
 * @param scale - multiplies both
 * @returns those of x and of the gain
 */
export function normGradients(dy: Tensor, x: Tensor, gain_D: Tensor, epsilon = RMS_EPSILON, scale = 1): Tensor[] {
  return hostCompute([dy, x, gain_D], [x.shape, gain_D.shape], ([dx, dGain_D], [flow, values, gains]) => {
    rmsNormGradients(dx, dGain_D, flow, values, gains, epsilon, scale);
  });
}

/** x / sqrt(mean(x^2) + epsilon) * gain over the last axis. */
export function rmsNorm<T extends Tensor>(x: T, gain_D: Tensor1D, epsilon = RMS_EPSILON): T {
  return differentiable<T>(
    'rmsNorm',
    [x, gain_D],
    (save) => {
      save(x);
      save(gain_D);
      return normalized(x, gain_D, epsilon);
    },
    (dy, [input, gains]) => normGradients(dy, input, gains, epsilon),
  );
}
