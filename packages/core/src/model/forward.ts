// B rows, T positions, S arranged nodes, D width, K offsets ahead.
import { createNodes, type Nodes, type Ops, type Tensor, type Tensor2D, type Tensor3D, tf } from '@foretoken/engine';
import type { Batch, Head, OffsetInput, OffsetOutput } from '../contracts/head.ts';
import type { Memory } from '../contracts/memory.ts';
import type { LanguageModel } from '../contracts/model.ts';
import type { Random } from '../contracts/random.ts';
import type { TokenBatch } from '../data/make-batch.ts';
import { scanNodes } from './scan.ts';
import { UnrolledOffsets } from './unrolled.ts';

/** Token windows on the host, as training and evaluation see them: `makeBatch` of data/ gives them. */
export interface ForwardInput {
  readonly tokens: Pick<TokenBatch, 'B' | 'T' | 'tokens_BT' | 'ahead'>;
  /** The same windows as nodes. */
  readonly at: Nodes;
  readonly random: Random;
}

export interface ForwardResult {
  readonly batch: Batch;
  /** Per tap of the head, hidden states of all S nodes. */
  readonly trunk: readonly Tensor3D[];
  readonly offsets: ReadonlyMap<number, OffsetOutput>;
}

/** Shares of the trunk's depth that a head reads; the first is the output. */
export function headTaps(head: Head): readonly number[] {
  return head.reads?.taps ?? [1];
}

/** Offsets in the order that the head's carries imply: each after the one it reads. */
export function evaluationOrder(head: Head, offsets: readonly number[]): readonly number[] {
  return head.reads?.carry === 'further' ? [...offsets].sort((a, b) => b - a) : [...offsets].sort((a, b) => a - b);
}

/** The memory of a forward without a past. */
export function memoryWithoutPast(model: Pick<LanguageModel, 'engine'>, at: Nodes): Memory {
  const { ops, noKeyValues } = model.engine;
  return {
    kv: () => noKeyValues,
    scan: (_slot, start_X, step) => scanNodes(ops, at, { start_X }, step),
  };
}

/**
 * Runs the trunk and then the given offsets over whole windows, without a past; the forward pass of training and of
 * teacher-forced evaluation. Call it in a tidy scope or a recording.
 *
 * @param offsets - those wanted; with a carry or an unrolled memory, all that stand between must be among them
 */
export function forwardOffsets(model: LanguageModel, input: ForwardInput, offsets: readonly number[]): ForwardResult {
  const { batch, states, source } = forwardTrunk(model, input);
  return { batch, trunk: states, offsets: runOffsets(model, offsets, source) };
}

/** What the trunk's half of a forward gives. */
export interface TrunkForward {
  readonly batch: Batch;
  /** Per tap of the head, hidden states of all S nodes. */
  readonly states: readonly Tensor3D[];
  /** What each offset starts from: the same states at the T positions. */
  readonly source: OffsetSource;
}

/** The first half of {@link forwardOffsets}: everything before the offsets. */
export function forwardTrunk(model: LanguageModel, input: ForwardInput): TrunkForward {
  const { head, trunk } = model;
  const { ops } = model.engine;
  const { B, T } = input.tokens;
  const tokens_BT = tf.tensor2d(input.tokens.tokens_BT, [B, T], 'int32');
  const batch: Batch = {
    tokens_BT,
    x_BTD: trunk.embed(tokens_BT),
    at: input.at,
    random: input.random,
    nodes: (init) => createNodes(init, input.at),
  };
  const arrangement = head.arrange?.(batch);
  const at = arrangement?.at ?? input.at;
  const states = trunk.forward(arrangement?.x_BSD ?? batch.x_BTD, at, memoryWithoutPast(model, at), headTaps(head));
  const picked = arrangement ? states.map((state) => pickColumns(ops, state, arrangement.columns_BT, T)) : states;
  return {
    batch,
    states,
    source: {
      trunk: picked as [Tensor3D, ...Tensor3D[]],
      aheadOf: (offset) =>
        Array.from({ length: offset - 1 }, (_, j) => tf.tensor2d(input.tokens.ahead(j + 1), [B, T], 'int32')),
      at: input.at,
      memory: memoryWithoutPast(model, input.at),
    },
  };
}

/** What {@link runOffsets} gives every offset. */
export interface OffsetSource extends Pick<OffsetInput, 'trunk' | 'at' | 'memory'> {
  /** Tokens ahead for an offset that reads them. */
  aheadOf(offset: number): readonly Tensor2D[];
}

/**
 * Runs offsets in the order of their carries, each where it stands: on the text, or, where the head's memory is
 * unrolled, below the offset before.
 */
export function runOffsets(
  model: LanguageModel,
  offsets: readonly number[],
  source: OffsetSource,
): ReadonlyMap<number, OffsetOutput> {
  const { head } = model;
  const unrolled = head.memory === 'unrolled' ? new UnrolledOffsets(model.engine, source.at) : undefined;
  const outputs = new Map<number, OffsetOutput>();
  let carry_BTC: Tensor3D | undefined;
  for (const offset of evaluationOrder(head, offsets)) {
    const place = offset > 1 ? unrolled?.next(offset) : undefined;
    const output = asOffsetOutput(
      head.forward(offset, {
        trunk: source.trunk,
        carry_BTC,
        ahead: head.reads?.ahead ? source.aheadOf(offset) : [],
        at: place?.at ?? source.at,
        memory: place?.memory ?? source.memory,
      }),
    );
    outputs.set(offset, output);
    if (head.reads?.carry) carry_BTC = output.carry_BTC;
  }
  return outputs;
}

/** A bare tensor stands for both the hidden state and the carry. */
export function asOffsetOutput(output: Tensor3D | OffsetOutput): OffsetOutput {
  return 'hidden_BTE' in output ? output : { hidden_BTE: output, carry_BTC: output };
}

function pickColumns(ops: Ops, state_BSD: Tensor3D, columns_BT: Int32Array, T: number): Tensor3D {
  const [B, S, D] = state_BSD.shape;
  const rows = columns_BT.map((node, index) => Math.floor(index / T) * S + node);
  return ops.reshape(ops.gatherRows(ops.reshape<Tensor>(state_BSD, [B * S, D]), rows), [B, T, D]);
}
