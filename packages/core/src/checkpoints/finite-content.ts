import { ForetokenError } from '@foretoken/engine/errors';
import type { Json } from '../contracts/json.ts';
import type { StoredTensor } from './safetensors.ts';

/** What a checkpoint is about to hold. */
export interface Content {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly state: Json;
}

const NOT_SAVED =
  'It was not written, and those before it are as they were. Go on from the last of them with --resume; if it comes to this ' +
  'again, mend the plugin that makes the value, or train anew with a lower training.learningRate.';

/**
 * Refuses to save what is not finite: whoever goes on from such a checkpoint has lost the run, and the good one before it
 * would be dropped for it.
 * @param path - the file that would be written
 * @param next - what became of it, and what to do
 * @throws CHECKPOINT_NOT_FINITE naming the first tensor and place, or the place in the state
 */
export function refuseNotFinite(path: string, { tensors, state }: Content, next: string = NOT_SAVED): void {
  for (const [name, { data, shape }] of tensors) {
    const at = firstNotFinite(data);
    if (at >= 0) throw notFinite(path, `tensor "${name}" was ${data[at]} at ${placeIn(shape, at)}`, next);
  }
  const bad = numberNotFinite(state, 'state');
  if (bad) throw notFinite(path, bad, next);
}

/** @returns the place of the first value that is NaN or infinite; -1 if all are finite */
export function firstNotFinite(values: ArrayLike<number>): number {
  for (let at = 0; at < values.length; at++) if (!Number.isFinite(values[at])) return at;
  return -1;
}

/** @returns a flat place in a tensor as its indices, such as `[3, 1]` */
export function placeIn(shape: readonly number[], at: number): string {
  const indices: number[] = [];
  let rest = at;
  for (const size of [...shape].reverse()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `[${indices.join(', ')}]`;
}

/** JSON would silently write null for it. */
function numberNotFinite(value: unknown, place: string): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${place} was ${value}`;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const bad = numberNotFinite(inner, Array.isArray(value) ? `${place}[${key}]` : `${place}.${key}`);
    if (bad) return bad;
  }
  return undefined;
}

const notFinite = (path: string, what: string, next: string): ForetokenError =>
  new ForetokenError('CHECKPOINT_NOT_FINITE', `checkpoint ${path}: every value must be finite, but ${what}. ${next}`);
