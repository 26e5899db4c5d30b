// B windows of a step, T positions, D width.
import { createRandom } from '@foretoken/core';
import { createSubject } from '@foretoken/core/evaluation';
import { buildModel, type TrainableModel } from '@foretoken/core/model';
import { createTransformerBlock, defineHead, defineTrunk, type Tensor2D, type Windows } from '@foretoken/core/plugin';
import { joint, makeBatch, Trainer, type TrainerParts } from '@foretoken/core/training';
import { createNodes, type Engine, openEngine } from '@foretoken/engine';
import { expect, test } from 'vitest';
import { type MarkovSource, markovSource, sampleMarkov, trueTwoTokenTerms } from './markov-source.ts';
import { estimateTwoTokenTerms, positionLosses } from './two-token-terms.ts';

const [V, D, CONTEXT, BATCH, STEPS] = [16, 32, 32, 16, 1500];
/** How far an estimate may be from the truth, in nats: what the model has not learnt and what the sample is short of. */
const WITHIN = 0.01;

const trunk = defineTrunk({
  name: 'one-block',
  shape: () => ({
    width: D,
    layers: 1,
    block: { attentionHeads: 2, keyValueHeads: 2, mlpWidth: 64, rotaryBase: 10_000 },
  }),
  create({ ops, param, dims }) {
    const table_VD = param<Tensor2D>('embedding', [dims.vocabulary, D], { kind: 'normal', standardDeviation: 0.5 });
    const block = createTransformerBlock({ ops, param }, 'block', dims);
    return {
      embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
      forward: (x_BTD, at, memory, taps) => {
        const hidden_BTD = block(x_BTD, at, memory.kv('block'));
        return taps.map(() => hidden_BTD);
      },
    };
  },
});

const head = defineHead({
  name: 'two-matrices',
  create({ ops, param, dims }) {
    const weights = Array.from({ length: dims.horizon }, (_, i) =>
      param<Tensor2D>(`weights.${i + 1}`, [D, D], { kind: 'identity' }),
    );
    return { forward: (offset, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, weights[offset - 1]) };
  },
});

/** Sixteen symbols, each followed by a few others far more often than by the rest. */
function sixteenSymbols(): MarkovSource {
  const random = createRandom(7, 'transitions');
  return markovSource(
    Array.from({ length: V }, () => {
      const odds = Array.from({ length: V }, () => Math.exp(1.5 * random.normal()));
      const total = odds.reduce((sum, one) => sum + one, 0);
      return odds.map((one) => one / total);
    }),
  );
}

/** Windows of one long text that overlap by the tokens ahead alone. */
function windowsOf(source: MarkovSource, count: number, name: string): Windows {
  const tokens = sampleMarkov(source, count * CONTEXT + 2, createRandom(7, name));
  return {
    count,
    read: (index) => ({
      tokens: tokens.slice(index * CONTEXT, (index + 1) * CONTEXT + 2),
      document: new Int32Array(CONTEXT + 2),
    }),
  };
}

const SETTINGS: TrainerParts['settings'] = {
  steps: STEPS,
  batch: BATCH,
  accumulate: 1,
  learningRate: 0.01,
  finalLearningRate: 0.01,
  warmupSteps: 20,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clip: 1,
  weighting: { name: 'uniform' },
  horizonSchedule: { name: 'fixed' },
  backward: 'joint',
  checkpointEvery: STEPS,
  validateEvery: STEPS,
  validationWindows: 1,
};

function twoHeadModel(engine: Engine): TrainableModel {
  return buildModel({
    engine,
    trunk,
    head,
    vocabulary: V,
    experiment: {
      seed: 0,
      data: { context: CONTEXT, dataset: { name: 'none' }, tokenizer: { name: 'none' } },
      model: {
        trunk: { name: trunk.name },
        head: { name: head.name, horizon: 2 },
        readout: 'shared',
        match: 'none',
        maxOffset: 2,
      },
    },
  });
}

function train(model: TrainableModel, windows: Windows): void {
  const trainer = new Trainer({
    engine: model.engine,
    model,
    settings: SETTINGS,
    weighting: { start: () => null, now: () => [1, 1] },
    horizonSchedule: { start: () => null, now: () => 2 },
    backward: joint,
    terms: ['offset-1', 'offset-2'],
  });
  for (let step = 0; step < STEPS; step++) {
    const rows = Array.from({ length: BATCH }, (_, row) => step * BATCH + row);
    const tokens = makeBatch(windows, rows, { context: CONTEXT, maxOffset: 2 });
    const at = createNodes(tokens);
    const targets = { target: tokens.target, validTargets: () => BATCH * CONTEXT };
    trainer.run([{ input: { tokens, at, random: createRandom(0, 'batch') }, targets }]);
    at.dispose();
  }
}

/** A subject that is measured on these windows, and cannot decode. */
function subjectOf(model: TrainableModel, validation: Windows) {
  return createSubject({
    model,
    tokenizer: { vocabulary: V, isBytes: false, encode: (x) => Int32Array.from(x), decode: (x) => Uint8Array.from(x) },
    data: { train: validation, validation, prompts: () => [] },
    decoders: [],
    openSession: () => {
      throw new Error('nothing is decoded here');
    },
    seed: 0,
  });
}

test('a 2-head model trained on a Markov source finds the terms of its 2-token loss', async () => {
  const source = sixteenSymbols();
  const model = twoHeadModel(await openEngine());
  train(model, windowsOf(source, STEPS * BATCH, 'train'));
  const validation = windowsOf(source, 4096, 'validation');
  const subject = subjectOf(model, validation);
  const { offsets, windows } = await subject.losses(Array.from({ length: validation.count }, (_, i) => i));
  const found = estimateTwoTokenTerms(positionLosses(offsets, windows))!;
  const truth = trueTwoTokenTerms(source);
  for (const name of ['next', 'second', 'nextGivenSecond', 'secondGivenNext', 'mutualInformation'] as const) {
    expect(Math.abs(found[name] - truth[name]), name).toBeLessThan(WITHIN);
  }
  // The tolerance tells something: the information is many times as large.
  expect(truth.mutualInformation).toBeGreaterThan(10 * WITHIN);
  model.dispose();
});
