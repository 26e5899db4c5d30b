import { type Tensor, tf } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Checkpoint } from '../checkpoints/checkpoint-store.ts';
import type { StoredTensor } from '../checkpoints/safetensors.ts';

/** Where a tensor is looked for. */
export type Saved = Pick<Checkpoint, 'path' | 'tensors'>;

/**
 * A tensor of a checkpoint, once it is known to be one of float32.
 * @param shape - that it must have. Default: any, as whoever takes it over knows the right one
 * @throws CHECKPOINT_MISMATCH if there is none of this name, FILE_CORRUPT if it is of another kind or shape
 */
export function storedTensor({ path, tensors }: Saved, name: string, shape?: readonly number[]): StoredTensor {
  const stored = tensors.get(name);
  if (!stored) {
    throw new ForetokenError(
      'CHECKPOINT_MISMATCH',
      `${path} has no tensor "${name}". Use a checkpoint of this configuration.`,
    );
  }
  const isOfShape = shape === undefined || tf.util.arraysEqual([...stored.shape], [...shape]);
  if (stored.dtype === 'F32' && isOfShape) return stored;
  throw new ForetokenError(
    'FILE_CORRUPT',
    `${path}: tensor "${name}" must be F32${shape ? ` [${shape}]` : ''}, was ${stored.dtype} [${stored.shape}]. ` +
      'Use an earlier checkpoint.',
  );
}

/**
 * {@link storedTensor} as a tensor of the engine, with values of its own.
 * @throws CHECKPOINT_MISMATCH, FILE_CORRUPT
 */
export function savedTensor(checkpoint: Saved, name: string): Tensor {
  const { data, shape } = storedTensor(checkpoint, name);
  return tf.tensor(Float32Array.from(data as Float32Array), [...shape], 'float32');
}
