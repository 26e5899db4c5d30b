// B rows, T positions, S arranged nodes, D width, E readout input width, C carry width, N = B*T rows, V vocabulary.
import type { Nodes, NodesInit, Ops, Readout, RowLoss, Scalar, Tensor, Tensor2D, Tensor3D } from '@foretoken/engine';
import type { Memory } from './memory.ts';
import type { Dims, ParamFactory } from './parameters.ts';
import type { Random } from './random.ts';

/**
 * The part that turns trunk states into the hidden state, then the logits, of each offset. A simple head writes
 * `forward` and nothing else; everything more is a declaration with a default. Trainer, session and decoders plan from
 * the declarations and never ask which head it is.
 */
export interface Head {
  /**
   * Hidden state of one offset. Called once per offset and forward, in the order that `reads` implies. What offsets share
   * goes along the carry: without one, an offset may be differentiated and freed before the next is called.
   */
  forward(offset: number, input: OffsetInput): Tensor3D | OffsetOutput;
  /**
   * Offsets this head predicts, ascending, starting at 1. Default 1..horizon.
   *
   * A gap is not trained. In decoding, a head without a memory that reads the trunk alone fills it by looking back: what
   * offset i says at a column is what offset j < i would say i - j columns later. Any other drafts up to its first gap.
   */
  readonly offsets?: readonly number[];
  /**
   * May draft past the last offset it trained, as far as the context holds: `forward` is then asked for offsets above the
   * horizon, in decoding alone. Only where readouts are shared or the head's own: replicated ones end with the trained
   * offsets, and so do drafts. Default false.
   */
  readonly extends?: boolean;
  /** What `forward` wants to see beside the trunk's output. Default: nothing. */
  readonly reads?: Reads;
  /**
   * What `OffsetInput.memory` is to an offset:
   * - `none` (default): there is none.
   * - `per-offset`: each offset has its own, over all columns. Name slots after the offset.
   * - `unrolled`: all offsets past the first share one; offset 1 keeps its own. Offset 2 stands on the text. The node of
   *   offset i >= 3 at column t hangs below that of offset i-1 of the same column, at position t+i-2, so it sees offset
   *   2's nodes of columns up to t and the nodes of offsets 3 to i at column t. In training that holds at every column
   *   (EAGLE-3's training-time test), within the offsets of the step. In decoding offset 2 has read the past, and further
   *   offsets stand at the last column, below drafted nodes, and go with the draft. `OffsetInput.at` says all of this:
   *   pass it and the memory on to `ops`. Every offset must use the same slots, nearer ones first, and `offsets` has no gaps.
   */
  readonly memory?: 'none' | 'per-offset' | 'unrolled';
  /** Readout of an offset. Default: shared or replicated, by configuration. */
  readout?(offset: number): Readout;
  /** Rearranges the trunk's input in training: register tokens and the like. */
  arrange?(batch: Batch): Arrangement;
  /** What training minimizes. Default: cross-entropy of each offset. */
  objectives?(seen: Seen): Objective[];
}

/** What a head reads beside the trunk's output; the order of evaluation follows from it. */
export interface Reads {
  /** Shares of the trunk's depth, the first one 1 (the output). Default [1]. */
  readonly taps?: readonly number[];
  /** The carry of the neighbouring offset nearer to (or further from) the present. */
  readonly carry?: 'nearer' | 'further';
  /** The tokens between the present and the offset: the true ones in training, the drafted ones in decoding. */
  readonly ahead?: boolean;
}

/** What a head sees of one offset in one forward. All of it belongs to the framework: read it, write to none of it. */
export interface OffsetInput {
  /** hidden_BTD of each tap. */
  readonly trunk: readonly [Tensor3D, ...Tensor3D[]];
  /** From the neighbouring offset; absent where the chain starts. */
  readonly carry_BTC?: Tensor3D;
  /** [j - 1] holds the tokens x_{t+j} for j < offset, int32; empty unless the head reads ahead. */
  readonly ahead: readonly Tensor2D[];
  /** Where each of the T nodes of a row stands: for `ops.attention` and `ops.rotary`. */
  readonly at: Nodes;
  /** What the head remembers, as {@link Head.memory} declares it. */
  readonly memory: Memory;
}

/** A bare tensor returned by `forward` is both. */
export interface OffsetOutput {
  /** What the offset's readout reads; E is the width of its weight. */
  readonly hidden_BTE: Tensor3D;
  /** What the neighbouring offset gets as {@link OffsetInput.carry_BTC}; any width. */
  readonly carry_BTC: Tensor3D;
}

/** One training batch as the trunk sees it. */
export interface Batch {
  /** The inputs of the step, int32. */
  readonly tokens_BT: Tensor2D;
  /** Their embeddings, as the trunk would read them. */
  readonly x_BTD: Tensor3D;
  /** Where they stand: documents are chains. */
  readonly at: Nodes;
  /** A stream of this step's own, the same in a resumed run. */
  readonly random: Random;
  /** Makes the nodes of an {@link Arrangement}; the framework frees them after the step. */
  nodes(init: NodesInit): Nodes;
}

/** The trunk's input as a head has rearranged it for a training step: S nodes a row in place of T. */
export interface Arrangement {
  /** What the trunk reads at each of the S nodes. */
  readonly x_BSD: Tensor3D;
  /** From {@link Batch.nodes}. */
  readonly at: Nodes;
  /** Which of the S nodes stands for each of the T positions: host indices, row-major. */
  readonly columns_BT: Int32Array;
}

/** What an objective may look at after the forward pass. */
export interface Seen {
  /** The batch that was run. */
  readonly batch: Batch;
  /** Offsets up to it took part in this step. */
  readonly horizon: number;
  /** Trunk states of a tap, of all S nodes where the head arranged its input. */
  trunk(tap: number): Tensor3D;
  /** What `forward` returned for an offset of this step. */
  offset(offset: number): OffsetOutput;
  /** Of an offset that the head predicts. */
  readout(offset: number): Readout;
  /**
   * Cross-entropy rows of an offset up to maxOffset: documents and the last maxOffset targets of each window are
   * respected. Targets are rows of the offset's readout, where the head predicts it; otherwise of a whole vocabulary.
   */
  rows(offset: number): RowLoss;
  /**
   * The token that each of the N positions should predict for an offset up to maxOffset, -1 where it is in another
   * document: for row losses of a head's own. On the host; not to be written to.
   */
  target(offset: number): Int32Array;
  /** Valid targets of an offset in the whole step: all batches whose gradients are accumulated. */
  validTargets(offset: number): number;
}

/** A loss over rows of logits, computed outside the tape in row blocks, one call per distinct readout. */
export interface RowObjective {
  /** Names the term for the weighting and in the logs; unique within the head. */
  readonly name: string;
  /** What the readout reads, one row for each of N positions. */
  readonly hidden_NE: Tensor2D;
  /** The norm and unembedding that make logits of it. */
  readonly readout: Readout;
  /** The loss of a block of rows of logits and its gradient. */
  readonly rows: RowLoss;
  /** What `rows` reads beside the logits, such as a teacher's hidden states: kept until the loss is known. */
  readonly uses?: readonly Tensor[];
  /** What the sum over rows is divided by: valid rows in the whole step, as {@link Seen.validTargets} counts them. */
  readonly validRows: number;
}

/** A loss that is on the tape already: features, regularizers. Averaged over the batches of a step. */
export interface ValueObjective {
  /** Names the term for the weighting and in the logs; unique within the head. */
  readonly name: string;
  /** The loss, recorded on the tape of this forward. */
  readonly value: Scalar;
}

/** One term of the loss; the weighting gives each term its weight. */
export type Objective = RowObjective | ValueObjective;

/** What a head is made with. */
export interface HeadContext {
  /** The operations that heads are written in; they run on every engine. */
  readonly ops: Ops;
  /** Makes the head's weights, in `create` and never later. */
  readonly param: ParamFactory;
  /** Sizes of the model. */
  readonly dims: Dims;
  /** The trunk's token embedding, for heads that read tokens ahead. */
  embed(tokens_BT: Tensor2D): Tensor3D;
  /** The configured readout of offset 1: final norm and unembedding. */
  readonly readout: Readout;
}
