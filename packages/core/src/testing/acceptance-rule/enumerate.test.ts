// V vocabulary. Enumeration and sampling against what is worked out by hand on two tokens.
import { describe, expect, it } from 'vitest';
import type { AcceptanceRule } from '../../contracts/decoding.ts';
import { createRandom } from '../../random/random.ts';
import { rejecting } from '../rejecting.fixture.ts';
import { afterAllSteps, afterOneStep, sampled, sampledOneStep } from './enumerate.ts';
import type { Shape } from './lazy-draft.ts';
import { ancestral, markovTables, randomTables, tokensOf } from './tables.ts';

const chain: Shape = { parent: [-1, 0], how: ['drawn', 'drawn'] };
/** Keeps whatever was drafted, and then the model's first choice. */
const credulous: AcceptanceRule = {
  keeps: [],
  accept: ({ parent }, target) => ({ path: Int32Array.from(parent.keys()), next: target.argmax(parent.length - 1) }),
};

// After nothing and after either token the model says 3/4, 1/4, and the head 1/4, 3/4.
const p = [1, 2, 3].map(() => [3, 1]);
const opposite = markovTables(
  p,
  [p, p].map((rows) => rows.map(([a, b]) => [b, a])),
);

const close = (got: Float64Array, wanted: readonly number[]): void => {
  expect(got).toHaveLength(wanted.length);
  for (const [text, share] of wanted.entries()) expect(got[text]).toBeCloseTo(share, 12);
};

describe('a rule that takes every draft', () => {
  const setting = { tables: opposite, shape: { parent: [-1], how: ['drawn'] } as Shape, rule: credulous };

  it('gives the head’s tokens and the first choice in turn where every step is the rule’s', () => {
    // Tokens 1 and 3 are the head's, tokens 2 and 4 the model's first choice, 0.
    close(afterAllSteps(setting, 2), [1 / 4, 0, 3 / 4, 0]);
    close(afterAllSteps(setting, 3), [1 / 16, 3 / 16, 0, 0, 3 / 16, 9 / 16, 0, 0]);
  });

  it('is followed by plain sampling where one step is the rule’s', () => {
    close(afterOneStep(setting, 3), [3 / 16, 1 / 16, 0, 0, 9 / 16, 3 / 16, 0, 0]);
  });

  it('gives the same where a draft is drawn before it is read', () => {
    close(afterAllSteps({ ...setting, isDrawnAtOnce: true }, 3), [...afterAllSteps(setting, 3)]);
  });

  it('is sampled as it is enumerated', () => {
    for (const [exact, counts] of [
      [afterAllSteps(setting, 3), sampled(setting, 3, 4000, createRandom(1, 'all'))],
      [afterOneStep(setting, 3), sampledOneStep(setting, 3, 4000, createRandom(1, 'one'))],
    ]) {
      expect(counts.reduce((a, b) => a + b, 0)).toBe(4000);
      // Six standard deviations; what cannot be, is not.
      for (const [text, count] of counts.entries()) {
        const share = exact[text];
        expect(Math.abs(count - 4000 * share)).toBeLessThanOrEqual(6 * Math.sqrt(4000 * share * (1 - share)));
      }
    }
  });
});

describe('rejection sampling', () => {
  it.each([1, 2, 3])('keeps the model’s distribution over any number of steps (tables %i)', (seed) => {
    for (const tables of [opposite, randomTables(2, seed), randomTables(3, seed, { zeros: 0.3, support: 2 })]) {
      const wanted = [...ancestral(tables, 3)];
      close(afterAllSteps({ tables, shape: chain, rule: rejecting(), isDrawnAtOnce: true }, 3), wanted);
      close(afterOneStep({ tables, shape: chain, rule: rejecting(), isDrawnAtOnce: true }, 3), wanted);
    }
  });
});

describe('texts as numbers', () => {
  it('give their tokens back', () => {
    expect([tokensOf(0, 3), tokensOf(1, 3), tokensOf(3, 3), tokensOf(4, 3), tokensOf(12, 3)]).toEqual([
      [],
      [0],
      [2],
      [0, 0],
      [2, 2],
    ]);
  });
});

describe('a draft', () => {
  it('whose heads leave nothing for a node is refused', () => {
    const certain = markovTables(p, [p.map(() => [1, 0])]);
    const shape: Shape = { parent: [-1, -1], how: ['drawn', 'drawn'] };
    expect(() => afterOneStep({ tables: certain, shape, rule: credulous, isDrawnAtOnce: true }, 1)).toThrow(
      'nothing is left for node 1: give the heads more possible tokens',
    );
  });

  it('gives what is left of a head’s distribution, and "chosen" where it is its first choice', () => {
    const seen: unknown[] = [];
    const looking: AcceptanceRule = {
      keeps: [],
      accept(tree, target) {
        seen.push(...[0, 1].map((node) => tree.q[node]), target.logits(-1)[0], target.argmax(-1));
        return { path: new Int32Array(0), next: 0 };
      },
    };
    const shape: Shape = { parent: [-1, -1], how: ['chosen', 'drawn'] };
    close(afterOneStep({ tables: opposite, shape, rule: looking }, 1), [1, 0]);
    // The head's first choice is 1; 0 alone is left behind it.
    expect(seen).toEqual(['chosen', Float64Array.of(1, 0), Math.fround(Math.log(3 / 4)), 0]);
  });
});
