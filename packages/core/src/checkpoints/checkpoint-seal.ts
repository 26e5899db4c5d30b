import { createHash } from 'node:crypto';
import type { StoredTensor } from './safetensors.ts';

/** The entry of a checkpoint's metadata that holds its seal. */
export const SEAL = 'seal';

/**
 * Hash of everything in a checkpoint but the tensors' bytes, whose own hash is among what this one is over: step, score,
 * configuration, state, and the name, type and shape of each tensor.
 *
 * It finds what decays or is cut, not what an enemy wrote: whoever can write the file can write its seal.
 * @param metadata - of the file; its seal, if it has one already, is left out
 * @returns hex SHA-256
 */
export function sealOf(metadata: ReadonlyMap<string, string>, tensors: ReadonlyMap<string, StoredTensor>): string {
  const texts = [...metadata].filter(([key]) => key !== SEAL);
  const shapes = [...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape] as const);
  const content = JSON.stringify([texts.sort(byName), shapes.sort(byName)]);
  return createHash('sha256').update(content).digest('hex');
}

const byName = ([a]: readonly [string, ...unknown[]], [b]: readonly [string, ...unknown[]]) => (a < b ? -1 : 1);
