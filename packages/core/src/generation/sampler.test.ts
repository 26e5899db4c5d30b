import { readFileSync } from 'node:fs';
import { isForetokenError } from '@foretoken/engine/errors';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sampling } from '../contracts/decoding.ts';
import { createSampler } from './sampler.ts';

interface KnownCase {
  readonly sampling: Sampling;
  readonly logits: number[];
  readonly seen: number[];
  readonly p: number[];
  readonly argmax: number;
}

const fixture = JSON.parse(readFileSync(new URL('./fixtures/sampling.json', import.meta.url), 'utf8'));
const known: [string, KnownCase][] = fixture.cases.map((one: KnownCase) => [
  `V = ${one.logits.length}, ${JSON.stringify(one.sampling)}`,
  one,
]);
const none = () => [];
const distribution = (sampling: Sampling, logits: number[], seen: number[] = []) =>
  createSampler(sampling, logits.length).distribution(Float32Array.from(logits), () => seen);
/** Logits of a distribution. */
const logs = (...p: number[]) => p.map(Math.log);

describe('transformers’ logits processors give the same distribution', () => {
  test.each(known)('%s', (_, { sampling, logits, seen, p, argmax }) => {
    const sampler = createSampler(sampling, logits.length);
    const logits_V = Float32Array.from(logits);
    const p_V = sampler.distribution(logits_V, () => seen);
    for (const [token, wanted] of p.entries()) expect(Math.abs(p_V[token] - wanted)).toBeLessThan(1e-14);
    expect([...p_V].map((weight) => weight > 0)).toEqual(p.map((weight) => weight > 0));
    expect(sampler.argmax(logits_V, () => seen)).toBe(argmax);
    expect(logits_V).toEqual(Float32Array.from(logits));
  });
});

describe('temperature', () => {
  test('0 makes the first choice certain, the lowest id of a tie, whatever else is set', () => {
    for (const more of [{}, { topK: 3 }, { topP: 0.9 }, { minP: 0.1 }]) {
      expect([...distribution({ temperature: 0, ...more }, [1, 4, 4, 2])]).toEqual([0, 1, 0, 0]);
    }
  });

  test('0 takes the first choice after bias and penalty', () => {
    expect([...distribution({ temperature: 0, bias: { 1: -9 } }, [1, 4, 3])]).toEqual([0, 0, 1]);
    expect([...distribution({ temperature: 0, repetitionPenalty: 2 }, [1, 4, 3], [1, 1])]).toEqual([0, 0, 1]);
  });

  test.each([5e-324, 1e-300, 1e300, Number.MAX_VALUE])('of %d gives finite probabilities', (temperature) => {
    const p = distribution({ temperature }, [-3e38, 0, 3e38, Number.NEGATIVE_INFINITY]);
    const flat = temperature > 1;
    expect([...p]).toEqual(flat ? [1 / 3, 1 / 3, 1 / 3, 0] : [0, 0, 1, 0]);
  });
});

describe('ties and borders', () => {
  test('top-k keeps exactly k, the lowest ids of a tie at the border', () => {
    expect([...distribution({ topK: 3 }, [0, 5, 0, 0, 5])].map((p) => p > 0)).toEqual([true, true, false, false, true]);
    expect([...distribution({ topK: 2 }, [1, 1, 1, 1])]).toEqual([0.5, 0.5, 0, 0]);
    expect([...distribution({ topK: 1 }, [1, 2, 2])]).toEqual([0, 1, 0]);
  });

  test('top-p keeps the lowest ids of a tie at the border, and the token that reaches the share', () => {
    expect([...distribution({ topP: 0.5 }, [0, 0, 0, 0])]).toEqual([0.5, 0.5, 0, 0]);
    expect([...distribution({ topP: 0.51 }, [0, 0, 0, 0])].filter((p) => p > 0)).toHaveLength(3);
    expect([...distribution({ topP: 1e-9 }, [0, 1, 0])]).toEqual([0, 1, 0]);
  });

  test('top-p counts what top-k left: 6/10 and 3/10 are 2/3 and 1/3 of it', () => {
    const p = logs(0.1, 0.6, 0.3);
    expect([...distribution({ topK: 2, topP: 0.66 }, p)]).toEqual([0, 1, 0]);
    expect([...distribution({ topK: 2, topP: 0.67 }, p)].filter((weight) => weight > 0)).toHaveLength(2);
    expect([...distribution({ topP: 0.62 }, p)].filter((weight) => weight > 0)).toHaveLength(2);
  });

  test('min-p 1 keeps every token as probable as the first', () => {
    expect([...distribution({ minP: 1 }, [2, 1, 2])]).toEqual([0.5, 0, 0.5]);
  });

  test('logits decide the order where probabilities underflow to a tie', () => {
    expect([...distribution({ topK: 2, temperature: 1e-3 }, [-9, -8, 0])]).toEqual([0, 0, 1]);
    expect([...distribution({ topK: 1 }, [0, 1e-30])]).toEqual([0, 1]);
  });
});

describe('bias and repetition penalty', () => {
  test('bias comes before the penalty: (1 + 3) / 2 = 2 and (-1 - 3) * 2 = -8', () => {
    const p = distribution({ bias: { 0: 3, 1: -3 }, repetitionPenalty: 2 }, [1, -1, 0], [0, 1]);
    const sum = Math.exp(2) + Math.exp(-8) + 1;
    expect(p[0]).toBeCloseTo(Math.exp(2) / sum, 14);
    expect(p[1]).toBeCloseTo(Math.exp(-8) / sum, 14);
  });

  test('a token seen twice is penalized once', () => {
    expect(distribution({ repetitionPenalty: 2 }, [4, 0], [0, 0, 0])).toEqual(distribution({}, [2, 0]));
  });

  test('a banned token is never drawn, nor the first choice', () => {
    const sampler = createSampler({ bias: { 1: Number.NEGATIVE_INFINITY } }, 3);
    expect(sampler.argmax([0, 9, 1], none)).toBe(2);
    expect(sampler.distribution([0, 9, 1], none)[1]).toBe(0);
  });

  test('where a readout can say nothing but banned tokens, its logits count as they are', () => {
    const sampler = createSampler({ bias: { 1: Number.NEGATIVE_INFINITY } }, 3);
    expect([...sampler.distribution([Number.NEGATIVE_INFINITY, 9, Number.NEGATIVE_INFINITY], none)]).toEqual([0, 1, 0]);
  });

  test('what a row holds is asked only where there is a penalty', () => {
    const seen = () => {
      throw new Error('not needed');
    };
    createSampler({ bias: { 1: 1 }, topK: 2 }, 3).distribution([1, 2, 3], seen);
    createSampler(undefined, 3).argmax([1, 2, 3], seen);
  });

  test('a penalty next to 0 lifts a token above all others and makes no NaN', () => {
    expect([...distribution({ repetitionPenalty: 5e-324 }, [1, 2, 3], [1])]).toEqual([0, 1, 0]);
  });
});

test('every distribution sums to 1, holds the first choice, and repeats bit for bit', () => {
  const sampling = fc.record(
    {
      temperature: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 100, noNaN: true })),
      topK: fc.integer({ min: 1, max: 9 }),
      topP: fc.double({ min: 1e-6, max: 1, noNaN: true }),
      minP: fc.double({ min: 0, max: 1, noNaN: true }),
      repetitionPenalty: fc.double({ min: 0.1, max: 10, noNaN: true }),
      bias: fc.dictionary(fc.integer({ min: 0, max: 5 }).map(String), fc.double({ min: -50, max: 50, noNaN: true })),
    },
    { requiredKeys: [] },
  );
  const logits = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(sampling, logits, fc.array(fc.integer({ min: 0, max: 5 })), (settings, values, seen) => {
      const sampler = createSampler(settings, 6);
      const p = sampler.distribution(values, () => seen);
      expect(p.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
      expect(p[sampler.argmax(values, () => seen)]).toBe(Math.max(...p));
      expect(p.filter((weight) => weight > 0).length).toBeLessThanOrEqual(settings.topK ?? 6);
      expect(sampler.distribution(values, () => seen)).toEqual(p);
    }),
    { numRuns: 300 },
  );
});

describe('what is out of range is refused', () => {
  const refused = (sampling: unknown): string => {
    try {
      createSampler(sampling as Sampling, 4);
    } catch (error) {
      if (isForetokenError(error)) return error.message;
      throw error;
    }
    return 'accepted';
  };

  test.each([
    [{ temperature: -1 }, 'temperature must be a finite number >= 0, was -1. 0 takes the first choice'],
    [{ temperature: Number.NaN }, 'temperature must be a finite number >= 0, was NaN'],
    [{ temperature: Number.POSITIVE_INFINITY }, 'temperature must be a finite number >= 0, was Infinity'],
    [{ temperature: '1' }, 'temperature must be a finite number >= 0, was "1"'],
    [{ temperature: null }, 'temperature must be a finite number >= 0, was null'],
    [{ topK: 0 }, 'topK must be an integer >= 1, was 0. Leave it out to keep all tokens'],
    [{ topK: 1.5 }, 'topK must be an integer >= 1, was 1.5'],
    [{ topK: Number.POSITIVE_INFINITY }, 'topK must be an integer >= 1, was Infinity'],
    [{ topP: 0 }, 'topP must be in (0, 1], was 0. 1 keeps all tokens'],
    [{ topP: 1.01 }, 'topP must be in (0, 1], was 1.01'],
    [{ minP: -0.1 }, 'minP must be in [0, 1], was -0.1. 0 keeps all tokens'],
    [{ minP: 2 }, 'minP must be in [0, 1], was 2'],
    [{ repetitionPenalty: 0 }, 'repetitionPenalty must be a finite number > 0, was 0. 1 penalizes nothing'],
    [{ repetitionPenalty: Number.NaN }, 'repetitionPenalty must be a finite number > 0, was NaN'],
    [{ bias: { 4: 1 } }, 'bias must be given for token ids in [0, 4), was given for "4". Check the tokenizer'],
    [{ bias: { '-1': 1 } }, 'was given for "-1"'],
    [{ bias: { '01': 1 } }, 'was given for "01"'],
    [{ bias: { a: 1 } }, 'was given for "a"'],
    [{ bias: { 1: Number.NaN } }, 'bias of token 1 must be a finite number, or -Infinity to ban it, was NaN'],
    [{ bias: { 1: Number.POSITIVE_INFINITY } }, 'bias of token 1 must be a finite number, or -Infinity'],
    [{ bias: [1] }, 'bias must be an object of token ids and numbers, was a list'],
    [{ bias: Object.fromEntries([0, 1, 2, 3].map((id) => [id, Number.NEGATIVE_INFINITY])) }, 'bans all 4'],
  ])('%j', (sampling, message) => {
    expect(refused(sampling)).toMatch(/^OPTIONS_INVALID: sampling: /);
    expect(refused(sampling)).toContain(message);
  });

  test('every problem is named at once', () => {
    expect(refused({ temperature: -1, topP: 0, bias: { 9: 1 } }).match(/sampling: /g)).toHaveLength(3);
  });

  test('the ends of the ranges are within them', () => {
    expect(refused({ temperature: 0, topK: 1, topP: 1, minP: 1, repetitionPenalty: 1e-9, bias: {} })).toBe('accepted');
    expect(refused({ minP: 0, topK: 9, bias: { 0: Number.NEGATIVE_INFINITY, 3: 0 } })).toBe('accepted');
    expect(refused(undefined)).toBe('accepted');
  });
});
