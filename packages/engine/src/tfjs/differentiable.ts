import type { Tensor } from '../tensor.ts';
import { tf } from '../tensor.ts';
import { alias, tfjsEngine, untaped } from './internals.ts';
import { tidyTensor, tidyTensors } from './scopes.ts';

/** Keeps a tensor for the backward pass; does nothing when no tape records. */
export type Save = (tensor: Tensor) => void;

/**
 * Gradients of an operation's inputs, in their order. A gradient that is not needed may be left out. Every one is a
 * tensor of its own: an alias of `dy`, never `dy` itself.
 */
export type Backward<Dy> = (dy: Dy, saved: readonly Tensor[], needs: readonly boolean[]) => (Tensor | undefined)[];

/**
 * An operation with a gradient written by hand. Unlike tfjs' `customGrad`, what it saves is not copied, tensors without
 * a gradient may be closed over (if they are saved), and a gradient that nobody needs is not computed.
 *
 * @param name - shown in errors; unknown to tfjs' own table of gradients
 * @param inputs - the tensors that may get a gradient
 * @param forward - runs off the tape; what it makes beside its result is freed
 */
export function differentiable<T extends Tensor>(
  name: string,
  inputs: readonly Tensor[],
  forward: (save: Save) => T,
  backward: Backward<T>,
): T {
  if (!tfjsEngine().isTapeOn()) return tidyTensor(() => forward(saveNothing));
  const ofOne: Backward<readonly Tensor[]> = ([dy], saved, needs) => backward(dy as T, saved, needs);
  return differentiableMany(name, inputs, (save) => [forward(save)], ofOne)[0];
}

const saveNothing: Save = () => {};

/** The empty result of an operation on empty inputs; their gradients are empty too, not absent. */
export function ofNothing<T extends Tensor>(name: string, inputs: readonly Tensor[], shape: readonly number[]): T {
  return differentiable<T>(
    name,
    inputs,
    () => tf.zeros([...shape]) as Tensor as T,
    () => inputs.map((input) => tf.zeros(input.shape)),
  );
}

/** {@link differentiable} with several outputs; outputs without a gradient get zeros. */
export function differentiableMany<T extends Tensor>(
  name: string,
  inputs: readonly Tensor[],
  forward: (save: Save) => T[],
  backward: Backward<readonly Tensor[]>,
): T[] {
  const engine = tfjsEngine();
  if (!engine.isTapeOn()) return tidyTensors(() => forward(saveNothing));
  const saved: Tensor[] = [];
  const outputs = runSaving(saved, forward);
  engine.state.activeTape?.push({
    id: engine.state.nextTapeNodeId++,
    kernelName: name,
    inputs: Object.fromEntries(inputs.map((input, index) => [String(index), input])),
    outputs,
    saved,
    gradient: (dys, needs = inputs.map(() => true)) => {
      const flows = dys.map((dy, index) => dy ?? tf.zeros<tf.Rank>(outputs[index].shape));
      const gradients = backward(flows, saved, needs);
      return Object.fromEntries(gradients.map((gradient, index) => [String(index), gradient && (() => gradient)]));
    },
  });
  // A copy: callers may reorder what they got, the tape's outputs must not move.
  return [...outputs];
}

function runSaving<T extends Tensor>(saved: Tensor[], forward: (save: Save) => T[]): T[] {
  const engine = tfjsEngine();
  try {
    return untaped(() => tidyTensors(() => forward((tensor) => saved.push(engine.keep(alias(tensor))))));
  } catch (error) {
    for (const tensor of saved) tensor.dispose();
    throw error;
  }
}
