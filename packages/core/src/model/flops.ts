// T positions.
import { chainNodes, type Tensor2D, type Tensor3D, tf } from '@foretoken/engine';
import type { Head } from '../contracts/head.ts';
import type { LanguageModel } from '../contracts/model.ts';
import { createRandom } from '../random/random.ts';
import { type ForwardInput, forwardTrunk, type OffsetSource, runOffsets } from './forward.ts';

/** Floating-point operations of a forward pass per token, at the context length. */
export interface ForwardFlops {
  /** Embedding, the head's own arrangement of the input, and all blocks of the trunk. */
  readonly trunk: number;
  /** What the head does for one of its offsets, its readout apart; 0 for an offset that it does not predict. */
  offset(offset: number): number;
  /**
   * The readout of one offset.
   * @throws OFFSET_UNSUPPORTED if there is none for it
   */
  readout(offset: number): number;
}

/**
 * Counts the floating-point operations of a model's forward pass: 2 per multiply-add of matrix products, and of attention
 * over what each token of a window sees, (context + 1) / 2 tokens on average. Nothing for elementwise operations, norms,
 * rotary embedding, softmax and look-ups.
 *
 * Counted, not timed: one window of the context's length runs through trunk and head, and the engine's `ops` add up what
 * passes them. So any plugin is counted, whatever it does with `ops`, and the figure is the same on every engine. What a
 * plugin does with tfjs directly is not seen: such a head is undercounted.
 *
 * @param model - its weights are not touched; all of its offsets run
 * @source ours; operations counted as in Kaplan et al. 2020, arXiv:2001.08361, sec. 2.1, attention by what is visible
 */
export function forwardFlops(model: LanguageModel): ForwardFlops {
  const { context: T } = model.dims;
  const perToken = new Map<number, number>();
  let trunk = 0;
  withFlopWindow(model, (input) => {
    let source: OffsetSource | undefined;
    trunk =
      model.engine.countFlops(() => {
        source = forwardTrunk(model, input).source;
      }) / T;
    const head = countingHead(model, (offset, flops) => perToken.set(offset, flops / T));
    runOffsets({ ...model, head }, model.offsets, source as OffsetSource);
  });
  return {
    trunk,
    offset: (offset) => perToken.get(offset) ?? 0,
    readout: (offset) => readoutFlops(model, offset),
  };
}

/**
 * Gives `work` a window of the context's length on which operations can be counted: one document of token 0.
 *
 * What `work` makes is freed.
 */
export function withFlopWindow(model: LanguageModel, work: (input: ForwardInput) => void): void {
  const { context: T } = model.dims;
  const at = chainNodes(1, T);
  const tokens = { B: 1, T, tokens_BT: new Int32Array(T), ahead: () => new Int32Array(T) };
  try {
    model.engine.tidy(() => work({ tokens, at, random: createRandom(0, 'flops') }));
  } finally {
    at.dispose();
  }
}

/** What `runOffsets` needs of the head, with each offset's operations told. */
function countingHead({ head, engine }: LanguageModel, tell: (offset: number, flops: number) => void): Head {
  const { offsets, reads, memory } = head;
  const forward: Head['forward'] = (offset, input) => {
    let output: ReturnType<Head['forward']> | undefined;
    const flops = engine.countFlops(() => {
      output = head.forward(offset, input);
    });
    tell(offset, flops);
    return output as Tensor3D;
  };
  return { offsets, reads, memory, forward };
}

/** Every row costs the same, so one row is enough, whatever the vocabulary. */
function readoutFlops(model: LanguageModel, offset: number): number {
  const { engine } = model;
  const one = model.readout(offset);
  return engine.countFlops(() => {
    engine.tidy(() => void engine.ops.readoutLogits(tf.zeros([1, one.weight_EV.shape[0]]) as Tensor2D, one));
  });
}
