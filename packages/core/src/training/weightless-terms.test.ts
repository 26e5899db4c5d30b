// Terms of weight 0 sit a step out: nothing that they alone reach moves, not even by weight decay or momentum.
import { type Engine, openEngine, type Tensor2D } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BackwardName, Experiment } from '../config/experiment.ts';
import type { Observed } from '../contracts/training.ts';
import { crossEntropy } from '../model/offset-cross-entropy.ts';
import { type Definition, defineHead } from '../plugins/define.ts';
import { backwardOf } from './backward/backward-of.ts';
import { blocksHead, TINY_SETTINGS, tinyBatches, tinyModel } from './tiny-model.fixture.ts';
import { Trainer } from './trainer.ts';

/** Each offset its own matrix, on the one before. */
const chained = defineHead({
  name: 'chained',
  create({ ops, param, dims }) {
    const weights_DD = [1, 2, 3].map((offset) =>
      param<Tensor2D>(`weights.${offset}`, [dims.width, dims.width], { kind: 'identity' }),
    );
    return {
      reads: { carry: 'nearer' },
      forward: (offset, { trunk: [hidden_BTD], carry_BTC }) =>
        ops.linear(carry_BTC ?? hidden_BTD, weights_DD[offset - 1]),
    };
  },
});

/** Next-token prediction, and a term of its own on a weight that nothing else reaches. */
const regularized = defineHead({
  name: 'regularized',
  create({ ops, param }) {
    const matrix_DD = param<Tensor2D>('own.matrix', [3, 3], { kind: 'identity' });
    return {
      offsets: [1],
      forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
      objectives: (seen) => [crossEntropy(ops, seen, 1), { name: 'own', value: ops.sum(ops.square(matrix_DD)) }],
    };
  },
});

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

interface Setting {
  readonly head: Definition<'head'>;
  readonly backward: BackwardName;
  readonly terms: readonly string[];
  /** Weights of a step. */
  readonly now: (step: number) => readonly number[];
  readonly settings?: Partial<Experiment['training']>;
}

/** Weights and moments after each step, by name, with what each step reported and showed. */
function train({ head, backward, terms, now, settings }: Setting, steps: number) {
  const model = tinyModel(engine, { head, readout: 'replicated' });
  const seen: Observed[] = [];
  const trainer = new Trainer({
    ...{ engine, model, terms, backward: backwardOf(backward) },
    settings: { ...TINY_SETTINGS, ...settings },
    weighting: {
      start: () => 0,
      now: (_, at) => now(at.step),
      learn: (state, observed) => {
        seen.push(observed);
        return state;
      },
    },
    horizonSchedule: { start: () => 0, now: () => 3 },
  });
  const run = (step: number) => {
    const { batches, dispose } = tinyBatches([2 * step], [2 * step + 1]);
    try {
      const report = trainer.run(batches);
      return { report, bits: new Map([...trainer.tensors()].map(([name, tensor]) => [name, [...tensor.dataSync()]])) };
    } finally {
      dispose();
    }
  };
  try {
    return { after: Array.from({ length: steps }, (_, step) => run(step)), seen };
  } finally {
    trainer.dispose();
    model.dispose();
  }
}

const OFFSETS = ['offset-1', 'offset-2', 'offset-3'];
/** As `anneal` with share .5 of four steps. */
const annealed = (step: number) => [1, 1, 1].map((weight, i) => (i === 0 ? weight : Math.max(0, 1 - step / 2)));

describe.each<BackwardName>(['sequential', 'joint'])('%s backward', (backward) => {
  test.each([
    ['blocks', blocksHead],
    ['chained', chained],
  ])('once an annealed weight is 0, the further offsets of %s stay as they are to the bit', (_, head) => {
    const { after, seen } = train({ head, backward, terms: OFFSETS, now: annealed }, 4);
    const further = /\/(head\/blocks|head\/weights|readout)\.[23]/;
    const names = [...after[1].bits.keys()].filter((name) => further.test(name));
    // Weights with both moments: the matrix or the block, and the readout, of either offset.
    expect(names.length).toBeGreaterThanOrEqual(3 * 2 * 3);
    for (const name of names) {
      expect(after[1].bits.get(name), name).not.toEqual(after[0].bits.get(name));
      expect(after[3].bits.get(name), name).toEqual(after[1].bits.get(name));
    }
    const nearest = head === chained ? 'model/head/weights.1' : 'model/head/blocks.1.query';
    expect(after[3].bits.get(nearest)).not.toEqual(after[2].bits.get(nearest));
    expect(after.map(({ report }) => Object.keys(report.losses))).toEqual([
      OFFSETS,
      OFFSETS,
      ['offset-1'],
      ['offset-1'],
    ]);
    expect(seen.map(({ active }) => active)).toEqual([
      [true, true, true],
      [true, true, true],
      [true, false, false],
      [true, false, false],
    ]);
    expect(seen[3].losses.slice(1)).toEqual(seen[1].losses.slice(1));
  });

  test('a chain passes through an offset that weighs 0, which trains for the further ones’ sake', () => {
    const { after } = train({ head: chained, backward, terms: OFFSETS, now: () => [1, 0, 1] }, 2);
    expect(Object.keys(after[0].report.losses)).toEqual(['offset-1', 'offset-3']);
    const moved = (name: string) => String(after[0].bits.get(name)) !== String(after[1].bits.get(name));
    expect(moved('model/head/weights.2')).toBe(true);
    expect(moved('model/readout.2/unembedding')).toBe(false);
  });

  test('a term of the head’s own that weighs 0 leaves its weights alone', () => {
    const setting = { head: regularized, backward, terms: ['offset-1', 'own'] };
    const { after } = train({ ...setting, now: (step) => [1, step === 0 ? 1 : 0] }, 2);
    expect(after.map(({ report }) => Object.keys(report.losses))).toEqual([['offset-1', 'own'], ['offset-1']]);
    expect(after[1].bits.get('model/head/own.matrix')).toEqual(after[0].bits.get('model/head/own.matrix'));
    expect(() => train({ ...setting, now: () => [0, 0] }, 1)).toThrow(/WEIGHTS_INVALID: .*\(offset-1, own\) weighs 0/);
  });

  test('offset 1 teaches the others though it weighs 0', () => {
    const settings = { distil: { loss: 'kl', share: 1 } } as const;
    const setting = { head: blocksHead, backward, terms: OFFSETS, settings };
    const { after } = train({ ...setting, now: () => [0, 1, 1] }, 2);
    const beside = train({ ...setting, now: () => [1, 1, 1] }, 1);
    expect(Object.keys(after[0].report.losses)).toEqual(['offset-2', 'offset-3']);
    expect(after[0].report.losses['offset-3']).toBe(beside.after[0].report.losses['offset-3']);
    const matrix = 'model/head/blocks.1.query';
    expect(after[1].bits.get(matrix)).toEqual(after[0].bits.get(matrix));
  });
});
