// B windows, T positions, D width, V vocabulary, K offsets.
import { type Engine, openEngine, type Readout, type Tensor2D, tf } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Windows } from '../contracts/evaluation.ts';
import type { LanguageModel } from '../contracts/model.ts';
import { createRandom } from '../random/random.ts';
import { scoreWindows, windowsPerForward } from './score-windows.ts';
import { createSubject } from './subject.ts';
import { totalLosses } from './total-losses.ts';

const [V, D, context, maxOffset] = [7, 3, 10, 4];
const offsets = [1, 2, 3];
const draw = createRandom(5, 'toy');
const numbers = (count: number) => Float32Array.from({ length: count }, () => draw.normal());
const table_VD = numbers(V * D);
const mix_KDD = offsets.map(() => numbers(D * D));
const unembedding_DV = numbers(D * V);

/** Three windows of random tokens; the documents change at odd places. */
const tokens = Int32Array.from({ length: 3 * context + maxOffset }, () => draw.integer(V));
const document = tokens.map((_, t) => Math.floor(t / 9));
const windows: Windows = {
  count: 3,
  read: (index) => {
    const [start, end] = [index * context, (index + 1) * context + maxOffset];
    return { tokens: tokens.slice(start, end), document: document.slice(start, end) };
  },
};

/** Embedding, one matrix per offset, unembedding. */
function toyModel(engine: Engine, { tokens_V }: Pick<Readout, 'tokens_V'> = {}): LanguageModel {
  const { ops } = engine;
  const table = tf.tensor2d(table_VD, [V, D]);
  const mixes = mix_KDD.map((values) => tf.tensor2d(values, [D, D]));
  const weight_EV = tf.tensor2d(unembedding_DV, [D, V]);
  const parameters = new Map([table, ...mixes, weight_EV].map((tensor, i) => [`${i}`, tensor]));
  return {
    engine,
    dims: { context, maxOffset, vocabulary: V, horizon: 3 } as LanguageModel['dims'],
    trunk: { embed: (tokens_BT) => ops.embed(tokens_BT, table), forward: (x_BTD) => [x_BTD] },
    head: { forward: (offset, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, mixes[offset - 1]) },
    offsets,
    readout: (offset) => ({ weight_EV: weight_EV as Tensor2D, ...(offset === 3 && tokens_V && { tokens_V }) }),
    parameters,
    numParameters: 0,
    dispose: () => parameters.forEach((tensor) => void tensor.dispose()),
  };
}

/** A subject on the toy model that notes which windows are read. */
function toySubject(model: LanguageModel, { reads, signal }: { reads: number[]; signal?: AbortSignal }) {
  const read = (index: number) => {
    reads.push(index);
    return windows.read(index);
  };
  return createSubject({
    model,
    tokenizer: { vocabulary: V, isBytes: true, encode: () => tokens, decode: () => new Uint8Array() },
    data: { train: windows, validation: { count: 3, read }, prompts: () => [] },
    decoders: [],
    openSession() {
      throw new Error('not needed');
    },
    seed: 0,
    signal,
  });
}

/** The same model in float64 loops: log-probabilities of an offset after a token. */
function logProbabilities(token: number, offset: number): number[] {
  const times = (x: ArrayLike<number>, matrix: Float32Array, width: number) =>
    Array.from({ length: width }, (_, o) => Array.from(x).reduce((sum, v, i) => sum + v * matrix[i * width + o], 0));
  const hidden = times(table_VD.subarray(token * D, (token + 1) * D), mix_KDD[offset - 1], D);
  const logits = times(hidden, unembedding_DV, V);
  const normalizer = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return logits.map((logit) => logit - normalizer);
}

const isTarget = (t: number, offset: number) => document[t + offset] === document[t];
const firstChoice = (token: number, offset: number) => {
  const values = logProbabilities(token, offset);
  return values.indexOf(Math.max(...values));
};

describe('scoreWindows', () => {
  let engine: Engine;
  let model: LanguageModel;
  beforeAll(async () => {
    engine = await openEngine({ name: 'cpu' });
    model = toyModel(engine);
  });
  afterAll(() => model.dispose());
  const scored = (indices: number[]) => scoreWindows(model, windows, indices, createRandom(0, 'unused'));

  it('gives the losses and first choices of float64 loops, document by document', () => {
    for (const [index, window] of scored([0, 1, 2]).entries()) {
      for (const [k, offset] of offsets.entries()) {
        const positions = Array.from({ length: context }, (_, t) => index * context + t);
        const valid = positions.filter((t) => isTarget(t, offset));
        const nats = valid.reduce((sum, t) => sum - logProbabilities(tokens[t], offset)[tokens[t + offset]], 0);
        expect(window.targets[k]).toBe(valid.length);
        expect(window.scored[k]).toBe(valid.length);
        expect(window.sumNats[k]).toBeCloseTo(nats, 4);
        for (const [t, position] of positions.entries()) {
          const loss = -logProbabilities(tokens[position], offset)[tokens[position + offset]];
          if (isTarget(position, offset)) expect(window.nats[k][t]).toBeCloseTo(loss, 5);
          else expect(window.nats[k][t]).toBeNaN();
        }
        expect([...window.predicted[k]]).toEqual(positions.map((t) => firstChoice(tokens[t], offset)));
      }
    }
  });

  it('gives a window the same bits alone and in any company', () => {
    const together = scored([2, 0, 1]);
    for (const window of together) expect(scored([window.window])).toEqual([window]);
  });

  it('adds windows up', () => {
    const total = totalLosses(offsets, scored([0, 1, 2]));
    for (const [k, offset] of offsets.entries()) {
      const valid = Array.from({ length: 3 * context }, (_, t) => t).filter((t) => isTarget(t, offset));
      const nats = valid.reduce((sum, t) => sum - logProbabilities(tokens[t], offset)[tokens[t + offset]], 0);
      expect(total.targets[k]).toBe(valid.length);
      expect(total.meanNats[k]).toBeCloseTo(nats / valid.length, 5);
      expect(total.matches[k]).toBe(valid.filter((t) => firstChoice(tokens[t], offset) === tokens[t + offset]).length);
    }
    expect(totalLosses(offsets, []).meanNats).toEqual([0, 0, 0]);
  });

  it('speaks token ids where a readout has a vocabulary of its own, and leaves the targets outside it unscored', () => {
    // Row v of offset 3's readout stands for token (v + 1) mod 7, but for the last, which stands for a token of no text.
    const tokens_V = Int32Array.of(1, 2, 3, 4, 5, 6, 99);
    const reduced = toyModel(engine, { tokens_V });
    const [window] = scoreWindows(reduced, windows, [1], createRandom(0, 'unused'));
    const positions = Array.from({ length: context }, (_, t) => context + t);
    const valid = positions.filter((t) => isTarget(t, 3));
    const known = valid.filter((t) => tokens[t + 3] !== 0);
    const nats = known.reduce((sum, t) => sum - logProbabilities(tokens[t], 3)[tokens[t + 3] - 1], 0);
    expect(known.length).toBeLessThan(valid.length);
    expect([window.targets[2], window.scored[2]]).toEqual([valid.length, known.length]);
    expect(window.sumNats[2]).toBeCloseTo(nats, 4);
    expect(positions.filter((_, t) => !Number.isNaN(window.nats[2][t]))).toEqual(known);
    expect([...window.predicted[2]]).toEqual(positions.map((t) => tokens_V[firstChoice(tokens[t], 3)]));
    reduced.dispose();
  });

  it('leaves no tensor behind, also when a head throws', () => {
    const before = engine.memory().numTensors;
    scored([0, 1]);
    expect(engine.memory().numTensors).toBe(before);
    const throwing: LanguageModel = {
      ...model,
      head: {
        forward() {
          engine.ops.zeros([4]);
          throw new Error('broken head');
        },
      },
    };
    expect(() => scoreWindows(throwing, windows, [0], createRandom(0, 'unused'))).toThrow('broken head');
    expect(engine.memory().numTensors).toBe(before);
  });

  it('takes as many windows at once as fill a forward, at least one', () => {
    expect(windowsPerForward({ context: 256 })).toBe(8);
    expect(windowsPerForward({ context: 100_000 })).toBe(1);
  });

  it('is not begun by a subject whose signal aborted', async () => {
    const reads: number[] = [];
    const subject = toySubject(model, { reads, signal: AbortSignal.abort() });
    await expect(subject.losses([0])).rejects.toThrow(/aborted/);
    expect(reads).toEqual([]);
  });

  it('is asked for each window once by a subject, in batches, and then remembered', async () => {
    const reads: number[] = [];
    const seen: unknown[] = [];
    const subject = toySubject(model, { reads });
    const first = await subject.losses([2, 0], (...at) => seen.push(at));
    const second = await subject.losses([0, 1, 2]);
    expect(reads).toEqual([2, 0, 1]);
    expect(seen).toEqual([
      [0, 2],
      [2, 2],
    ]);
    expect(first).toEqual(totalLosses(offsets, scored([2, 0])));
    expect(second).toEqual(totalLosses(offsets, scored([0, 1, 2])));
  });
});
