import { createHash } from 'node:crypto';
import { inFileOrder, type StoredTensor, tensorBytes } from './safetensors.ts';

/** SHA-256 of the bytes of tensors in the order of their file: names a checkpoint, whatever is said beside them. */
export function hashTensors(tensors: ReadonlyMap<string, StoredTensor>): string {
  const hash = createHash('sha256');
  for (const [, tensor] of inFileOrder(tensors)) hash.update(tensorBytes(tensor));
  return hash.digest('hex');
}
