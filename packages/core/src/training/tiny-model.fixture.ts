// A transformer small enough for finite differences, and batches of made-up tokens for it.
import { createNodes, type Engine, type Tensor2D, type Tensor3D } from '@foretoken/engine';
import type { Experiment, MatchName } from '../config/experiment.ts';
import type { Windows } from '../contracts/evaluation.ts';
import { makeBatch, type TokenBatch } from '../data/make-batch.ts';
import { buildModel, type TrainableModel } from '../model/build-model.ts';
import { createTransformerBlock } from '../model/transformer-block.ts';
import { type Definition, defineHead, defineTrunk } from '../plugins/define.ts';
import { createRandom } from '../random/random.ts';
import type { StepBatch } from './backward/backward.ts';

export const VOCABULARY = 11;
export const CONTEXT = 5;
export const HORIZON = 3;

/** A text that always goes on by one: every offset can be right. */
export const counting: Windows = {
  count: 8,
  read: (index) => ({
    tokens: Int32Array.from({ length: CONTEXT + HORIZON }, (_, t) => (index + t) % VOCABULARY),
    document: new Int32Array(CONTEXT + HORIZON),
  }),
};

const BLOCK = { attentionHeads: 2, keyValueHeads: 1, mlpWidth: 6, rotaryBase: 10_000 };

export const tinyTrunk = defineTrunk({
  name: 'tiny',
  shape: () => ({ width: 8, layers: 4, block: BLOCK }),
  create({ ops, param, dims }) {
    const table_VD = param<Tensor2D>('embedding', [dims.vocabulary, dims.width]);
    const blocks = Array.from({ length: dims.trunkLayers }, (_, i) =>
      createTransformerBlock({ ops, param }, `blocks.${i}`, {
        ...dims,
        block: i === dims.trunkLayers - 1 ? dims.lastBlock : dims.block,
      }),
    );
    return {
      embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
      forward(x_BTD, at, memory, taps) {
        const run = (x: Tensor3D, block: (typeof blocks)[number], i: number) => block(x, at, memory.kv(`blocks.${i}`));
        const out_BTD = blocks.reduce(run, x_BTD);
        return taps.map(() => out_BTD);
      },
    };
  },
});

/** One block per offset, as the paper's head. */
export const blocksHead = defineHead({
  name: 'blocks',
  blocksPerOffset: 1,
  create({ ops, param, dims }) {
    const blocks = Array.from({ length: dims.horizon }, (_, i) =>
      createTransformerBlock({ ops, param }, `blocks.${i + 1}`, dims),
    );
    return {
      memory: 'per-offset',
      forward: (offset, { trunk: [hidden_BTD], at, memory }) =>
        blocks[offset - 1](hidden_BTD, at, memory.kv(`blocks.${offset}`)),
    };
  },
});

export function tinyModel(
  engine: Engine,
  {
    trunk = tinyTrunk,
    head = blocksHead,
    seed = 0,
    readout = 'shared',
    match = 'none',
    horizon = HORIZON,
  }: Partial<TinyOptions> = {},
): TrainableModel {
  const experiment: Pick<Experiment, 'model' | 'seed' | 'data'> = {
    seed,
    data: { context: CONTEXT, dataset: { name: 'none' }, tokenizer: { name: 'none' } },
    model: {
      trunk: { name: 'tiny' },
      head: { name: head.name, horizon },
      readout,
      match,
      maxOffset: Math.max(HORIZON, horizon),
    },
  };
  return buildModel({ engine, experiment, trunk, head, vocabulary: VOCABULARY });
}

interface TinyOptions {
  trunk: Definition<'trunk'>;
  head: Definition<'head'>;
  seed: number;
  readout: 'shared' | 'replicated';
  match: MatchName;
  horizon: number;
}

/** Windows of made-up tokens, a document boundary in the middle of every second one. */
export function tinyTokens(rows: readonly number[], maxOffset = HORIZON): TokenBatch {
  const length = CONTEXT + maxOffset;
  const read = (index: number) => {
    const random = createRandom(1, `tokens ${index}`);
    return {
      tokens: Int32Array.from({ length }, () => random.integer(VOCABULARY)),
      document: Int32Array.from({ length }, (_, t) => (index % 2 === 1 && t >= 3 ? 1 : 0)),
    };
  };
  return makeBatch({ count: 1000, read }, rows, { context: CONTEXT, maxOffset });
}

/** The batches of one step, one per list of rows; `dispose` frees what forwards derived from them. */
export function tinyBatches(...rows: readonly (readonly number[])[]): { batches: StepBatch[]; dispose(): void } {
  return batchesOf(rows.map((list) => tinyTokens(list)));
}

/** {@link tinyBatches} of given tokens. */
export function batchesOf(all: readonly TokenBatch[]): { batches: StepBatch[]; dispose(): void } {
  const validTargets = (offset: number) =>
    all.reduce((sum, tokens) => sum + tokens.target(offset).filter((target) => target >= 0).length, 0);
  const batches = all.map((tokens) => ({
    input: { tokens, at: createNodes(tokens), random: createRandom(0, 'batch') },
    targets: { target: tokens.target, validTargets },
  }));
  return {
    batches,
    dispose: () => {
      for (const { input } of batches) input.at.dispose();
    },
  };
}

export const TINY_SETTINGS: Experiment['training'] = {
  steps: 20,
  batch: 2,
  accumulate: 1,
  learningRate: 0.01,
  finalLearningRate: 0.1,
  warmupSteps: 1,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clip: 1,
  weighting: { name: 'uniform' },
  horizonSchedule: { name: 'fixed' },
  backward: 'sequential',
  checkpointEvery: 10,
  validateEvery: 10,
  validationWindows: 1,
};
