// B rows, T positions.
import { createNodes, type Tensor } from '@foretoken/engine';
import type { Head } from '../../contracts/head.ts';
import type { LanguageModel } from '../../contracts/model.ts';
import { type ForwardResult, forwardOffsets } from '../../model/forward.ts';
import { createRandom } from '../../random/random.ts';
import { type Place, smallText, type TextPart } from './small-text.ts';

/** A tensor's shape and a copy of its values. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What a head gave for one offset, on the host. */
export interface HostOffset {
  readonly hidden: HostTensor;
  readonly carry: HostTensor;
}

/** Copies a tensor to the host; on some engines `dataSync` gives the live buffer. */
export function toHost(tensor: Tensor): HostTensor {
  return { shape: [...tensor.shape], values: Float32Array.from(tensor.dataSync()) };
}

/**
 * Runs a model over the small text and hands the result to `read`, in a tidy scope that frees it all.
 * @param exchanged - a token that is another one in this run
 * @param part - what is run of the text; default: all of it
 */
export function runHead<T>(
  model: LanguageModel,
  read: (result: ForwardResult) => T,
  exchanged?: Place,
  part?: TextPart,
): T {
  const tokens = smallText(model.dims.maxOffset, exchanged, part);
  const at = createNodes(tokens);
  const random = createRandom(4, 'contract/batch');
  try {
    return model.engine.tidy(() => read(forwardOffsets(model, { tokens, at, random }, model.offsets)));
  } finally {
    at.dispose();
  }
}

/** Every offset of a model over the small text, on the host. */
export function offsetsOf(model: LanguageModel, exchanged?: Place, part?: TextPart): ReadonlyMap<number, HostOffset> {
  const copy = ({ offsets }: ForwardResult) =>
    new Map([...offsets].map(([i, made]) => [i, { hidden: toHost(made.hidden_BTE), carry: toHost(made.carry_BTC) }]));
  return runHead(model, copy, exchanged, part);
}

/** The same model with its head's `forward` replaced; the head keeps its other declarations. */
export function withForward(model: LanguageModel, forward: Head['forward']): LanguageModel {
  return { ...model, head: Object.create(model.head, { forward: { value: forward } }) as Head };
}
