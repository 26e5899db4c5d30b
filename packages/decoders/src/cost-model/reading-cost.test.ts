import { expect, test } from 'vitest';
import { ReadingCost } from './reading-cost.ts';

test('rows that join cost a step what they cost on average, by levels and by how many tokens a row has', () => {
  const reading = new ReadingCost();
  expect(reading.perStep(3, 2)).toBe(0);
  reading.begin(3, { rows: 1, prompt: 100, context: 512 });
  // A row in every fifty tokens; each level reads its prompt of a hundred in .1 s.
  for (let row = 0; row < 100; row++) {
    reading.observe({ levels: 2, newcomers: 1, tokens: 2, excess: 0.2 });
    reading.observe({ levels: 2, newcomers: 0, tokens: 48, excess: 0 });
  }
  // Of the last thousand tokens or so: it makes a difference whether one has just joined.
  for (const levels of [1, 3]) {
    const share = reading.perStep(levels, 2) / ((0.1 * levels * 2) / 50);
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(1.1);
  }
  expect(reading.perStep(0, 2)).toBe(0);
});

test('before anything was seen a row is taken to join for 256 tokens, at what was measured', () => {
  const reading = new ReadingCost();
  reading.begin(4, { rows: 2, prompt: 100, context: 512 });
  reading.measured(0.3, 300);
  // Two levels read a hundred tokens each, a millisecond a token.
  expect(reading.perStep(2, 8)).toBeCloseTo((0.2 * 8) / 256, 12);
});

test('what came since a level was drafted is behind it, level by level, until it is drafted again', () => {
  const reading = new ReadingCost();
  reading.begin(3, { rows: 1, prompt: 100, context: 512 });
  reading.measured(1, 1_000);
  reading.observe({ levels: 1, newcomers: 1, tokens: 10, excess: 0.1 });
  // Levels 2 and 3 have not read the prompt, nor the ten tokens after it.
  expect([0, 1, 2, 3].map((levels) => Math.round(1e6 * reading.behind(levels)))).toEqual([0, 0, 110_000, 220_000]);
  reading.observe({ levels: 0, newcomers: 0, tokens: 30, excess: 0 });
  expect([1, 2, 3].map((levels) => Math.round(1e6 * reading.behind(levels)))).toEqual([30_000, 170_000, 310_000]);
  reading.observe({ levels: 3, newcomers: 0, tokens: 5, excess: 0.31 });
  expect(reading.behind(3)).toBe(0);
});

test('it is never more than rows can hold, goes with the rows that leave, and does not outlast a generation', () => {
  const reading = new ReadingCost();
  reading.begin(1, { rows: 2, prompt: 100, context: 512 });
  reading.measured(1, 1_000);
  for (let step = 0; step < 100; step++) reading.observe({ levels: 0, newcomers: 0, tokens: 40, excess: 0 });
  expect(reading.behind(1)).toBeCloseTo(1.024, 9);
  // One of two rows makes room for a new one, whose prompt has not been read either.
  reading.observe({ levels: 0, newcomers: 1, tokens: 2, excess: 0 });
  expect(reading.behind(1)).toBeCloseTo(0.512 + 0.1 + 0.002, 9);
  reading.leave();
  expect(reading.behind(1)).toBe(0);
  reading.observe({ levels: 0, newcomers: 0, tokens: 40, excess: 0 });
  reading.begin(1, { rows: 2, prompt: 100, context: 512 });
  expect(reading.behind(1)).toBe(0);
});

test('what a token takes is learnt from the steps that had something to read, and is never below nothing', () => {
  const reading = new ReadingCost();
  reading.begin(1, { rows: 1, prompt: 1_000, context: 8_192 });
  reading.measured(1, 1_000);
  for (let row = 0; row < 60; row++) reading.observe({ levels: 1, newcomers: 1, tokens: 1, excess: 4 });
  reading.observe({ levels: 0, newcomers: 0, tokens: 500, excess: 0 });
  expect(reading.behind(1)).toBeCloseTo(2, 1);
  for (let row = 0; row < 60; row++) reading.observe({ levels: 1, newcomers: 1, tokens: 1, excess: -4 });
  reading.observe({ levels: 0, newcomers: 0, tokens: 500, excess: 0 });
  expect(reading.behind(1)).toBe(0);
  const learnt = new ReadingCost();
  learnt.begin(1, { rows: 1, prompt: 1_000, context: 8_192 });
  learnt.observe({ levels: 1, newcomers: 1, tokens: 1, excess: 4 });
  learnt.measured(1, 1_000);
  learnt.observe({ levels: 0, newcomers: 0, tokens: 500, excess: 0 });
  expect(learnt.behind(1)).toBeCloseTo(2, 9);
});
