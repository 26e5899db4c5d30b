import { type Tensor, tf } from '../tensor.ts';
import { type Scope, tfjsEngine } from './internals.ts';

/**
 * Tensors in a value: in arrays, plain objects, maps and sets, however deep.
 *
 * tfjs' own search goes through every element of a typed array.
 */
export function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof tf.Tensor) return [value];
  const found: Tensor[] = [];
  if (isContainer(value)) collect(value, found, undefined);
  return found;
}

/** @param seen - containers that are looked through already; absent while there is but the first, as nearly always */
function collect(container: object, found: Tensor[], seen: Set<unknown> | undefined): void {
  let known = seen;
  for (const part of partsOf(container)) {
    if (part instanceof tf.Tensor) found.push(part);
    else if (isContainer(part)) {
      known ??= new Set([container]);
      if (known.has(part)) continue;
      known.add(part);
      collect(part, found, known);
    }
  }
}

const isContainer = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);

function partsOf(container: object): Iterable<unknown> {
  if (Array.isArray(container) || container instanceof Set) return container;
  return container instanceof Map ? container.values() : Object.values(container);
}

/** Runs `work`, then frees every tensor made in it but those in its result and those that were kept. */
export function tidy<T>(work: () => T): T {
  tfjsEngine().startScope();
  let kept: Tensor[] = [];
  try {
    const result = work();
    kept = tensorsIn(result);
    return result;
  } finally {
    endScope(kept);
  }
}

/** {@link tidy} for work whose result is a list of tensors, which need not be searched for. */
export function tidyTensors<T extends Tensor>(work: () => T[]): T[] {
  tfjsEngine().startScope();
  let kept: T[] = [];
  try {
    kept = work();
    return kept;
  } finally {
    endScope(kept);
  }
}

/** {@link tidy} for work whose result is one tensor: most operations make no other, and then need no scope of their own. */
export function tidyTensor<T extends Tensor>(work: () => T): T {
  const { activeScope } = tfjsEngine().state;
  if (!activeScope) return tidyTensors(() => [work()])[0];
  const { track } = activeScope;
  const begin = track.length;
  let kept: T | undefined;
  try {
    kept = work();
    return kept;
  } finally {
    if (track.length !== begin + 1 || track[begin] !== kept) freeFrom(track, begin, kept);
  }
}

/** Frees what a scope tracks from an index on, but for one tensor. */
function freeFrom(track: Tensor[], begin: number, stays: Tensor | undefined): void {
  for (const tensor of track.splice(begin)) {
    if (tensor === stays) track.push(tensor);
    else if (!tensor.kept) tensor.dispose();
  }
}

/** Results up to which a list is searched faster than a set is made. */
const FEW = 8;

/**
 * Ends the innermost scope as tfjs does, which would go through the result once more to find its tensors.
 *
 * @param kept - stay, in the scope around it if this one made them
 */
function endScope(kept: readonly Tensor[]): void {
  const engine = tfjsEngine();
  const { state } = engine;
  const scope = state.activeScope as Scope;
  const stays = kept.length <= FEW ? kept : new Set(kept);
  const isKept =
    stays instanceof Set ? (tensor: Tensor) => stays.has(tensor) : (tensor: Tensor) => stays.includes(tensor);
  for (const tensor of scope.track) if (!tensor.kept && !isKept(tensor)) tensor.dispose();
  state.scopeStack.pop();
  state.activeScope = state.scopeStack.at(-1) ?? null;
  // Tracked, a tensor belongs to another scope: one that comes twice is tracked once.
  for (const tensor of kept) if (!tensor.kept && tensor.scopeId === scope.id) engine.track(tensor);
}
