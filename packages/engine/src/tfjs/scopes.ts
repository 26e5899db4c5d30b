import { type Tensor, tf } from '../tensor.ts';
import { type Scope, tfjsEngine } from './internals.ts';

/**
 * Tensors in a value: in arrays, plain objects, maps and sets, however deep.
 *
 * tfjs' own search goes through every element of a typed array.
 */
export function tensorsIn(value: unknown, seen: Set<unknown> = new Set()): Tensor[] {
  if (value instanceof tf.Tensor) return [value];
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return [];
  seen.add(value);
  const parts = value instanceof Map || value instanceof Set ? [...value.values()] : Object.values(value);
  return parts.flatMap((part) => tensorsIn(part, seen));
}

/** Runs `work`, then frees every tensor made in it but those in its result and those that were kept. */
export function tidy<T>(work: () => T): T {
  const engine = tfjsEngine();
  engine.startScope();
  let kept: Tensor[] = [];
  try {
    const result = work();
    kept = tensorsIn(result);
    return result;
  } finally {
    engine.endScope(kept);
  }
}

/**
 * {@link tidy} for work whose result is a list of tensors. Where these are all that was made, which is how a kernel does
 * it, the scope ends without a search.
 */
export function tidyTensors<T extends Tensor>(work: () => T[]): T[] {
  const engine = tfjsEngine();
  engine.startScope();
  let kept: T[] = [];
  try {
    kept = work();
    return kept;
  } finally {
    endScope(kept);
  }
}

function endScope(kept: readonly Tensor[]): void {
  const engine = tfjsEngine();
  const { state } = engine;
  const made = (state.activeScope as Scope).track;
  if (made.length !== kept.length || made.some((tensor, index) => tensor !== kept[index])) {
    engine.endScope(kept);
    return;
  }
  state.scopeStack.pop();
  state.activeScope = state.scopeStack.at(-1) ?? null;
  for (const tensor of kept) if (!tensor.kept) engine.track(tensor);
}
