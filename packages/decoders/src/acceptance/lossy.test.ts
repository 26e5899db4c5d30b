// What the lossy rules are at their strictest, and that they are lossy otherwise.
import type { AcceptanceRule, Tree, Verdict } from '@foretoken/core';
import { createRandom, createSampler } from '@foretoken/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import distance from '../distance/distance.ts';
import exact from '../exact/exact.ts';
import rejection from '../rejection/rejection.ts';
import topK from '../top-k/top-k.ts';
import typical from '../typical/typical.ts';

const V = 5;
const greedy = exact.create({}, {});

/** Trees without twins (siblings of one token), and logits with many ties. */
const cases = fc
  .record({
    nodes: fc.array(fc.record({ token: fc.nat(V - 1), above: fc.nat(20) }), { maxLength: 9 }),
    logits: fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: V, maxLength: V }), {
      minLength: 10,
      maxLength: 10,
    }),
    seed: fc.nat(),
  })
  .map(({ nodes, logits, seed }) => ({ tree: treeOf(nodes), logits, seed }));

function treeOf(nodes: readonly { token: number; above: number }[]): Tree {
  const tokens: number[] = [];
  const parent: number[] = [];
  for (const { token, above } of nodes) {
    const under = (above % (tokens.length + 1)) - 1;
    if (tokens.some((other, node) => other === token && parent[node] === under)) continue;
    tokens.push(token);
    parent.push(under);
  }
  return { tokens: Int32Array.from(tokens), parent: Int32Array.from(parent), q: tokens.map(() => 'chosen') };
}

function verdict(logits: readonly (readonly number[])[], temperature: number): Verdict {
  const sampler = createSampler({ temperature }, V);
  return {
    argmax: (node) => sampler.argmax(logits[node + 1], () => []),
    p: (node) => sampler.distribution(logits[node + 1], () => []),
    logits: (node) => Float32Array.from(logits[node + 1]),
  };
}

const differs = (rule: AcceptanceRule, temperature: number): boolean =>
  fc.check(
    fc.property(cases, ({ tree, logits, seed }) => {
      const target = verdict(logits, temperature);
      const random = createRandom(seed, 'rule');
      expect(rule.accept(tree, target, random)).toEqual(greedy.accept(tree, target, random));
    }),
    { numRuns: 400, seed: 3 },
  ).failed;

describe('at their strictest all rules keep what exact keeps', () => {
  test.each<[string, AcceptanceRule, number]>([
    ['top-k with k = 1', topK.create({}, { k: 1 }), 1],
    ['top-k at temperature 0', topK.create({}, { k: 3 }), 0],
    ['distance 0', distance.create({}, { distance: 0 }), 1],
    ['typical at temperature 0', typical.create({}, { epsilon: 0.09, delta: 0.3 }), 0],
    ['rejection at temperature 0', rejection.create({}, {}), 0],
  ])('%s', (_, rule, temperature) => expect(differs(rule, temperature)).toBe(false));
});

describe('and otherwise not', () => {
  test.each<[string, AcceptanceRule]>([
    ['top-k with k = 2', topK.create({}, { k: 2 })],
    ['distance 1', distance.create({}, { distance: 1 })],
    ['typical', typical.create({}, { epsilon: 0.09, delta: 0.3 })],
    ['rejection', rejection.create({}, {})],
  ])('%s', (_, rule) => expect(differs(rule, 1)).toBe(true));
});
