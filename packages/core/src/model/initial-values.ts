import { ForetokenError } from '@foretoken/engine/errors';
import type { Initializer } from '../contracts/parameters.ts';
import { createRandom } from '../random/random.ts';

/**
 * Starting values of a weight that follow from its name, shape and seed alone.
 *
 * @param fullName - with the owner's prefix; names the random stream
 * @throws PARAMETER_INVALID for an identity without two equal axes
 */
export function initialValues(
  shape: readonly number[],
  init: Exclude<Initializer, { kind: 'copy' }>,
  seed: number,
  fullName: string,
): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  switch (init.kind) {
    case 'zeros':
      return values;
    case 'ones':
      return values.fill(1);
    case 'constant':
      return values.fill(init.value);
    case 'identity':
      return fillIdentity(values, shape, init.scale ?? 1, fullName);
    case 'normal': {
      const random = createRandom(seed, `parameter/${fullName}`);
      for (let i = 0; i < values.length; i++) values[i] = truncatedNormal(random) * init.standardDeviation;
      return values;
    }
  }
}

function truncatedNormal(random: { normal(): number }): number {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= 3) return value;
  }
}

function fillIdentity(values: Float32Array, shape: readonly number[], scale: number, fullName: string): Float32Array {
  const size = shape[0];
  if (shape.length !== 2 || shape[1] !== size) {
    throw new ForetokenError(
      'PARAMETER_INVALID',
      `parameter "${fullName}": an identity must have two equal axes, shape was [${shape}].`,
    );
  }
  for (let i = 0; i < size; i++) values[i * size + i] = scale;
  return values;
}
