// Every fixed number of levels against the cost model, in worlds that differ in what a level costs and how often it is kept.
import { CostModel } from './cost-model.ts';
import { generateIn, type World, WorldSession } from './worlds.fixture.ts';

/** Milliseconds of a step by levels, at batches of 1, 4, 16 and 42: on straight lines between. */
const table =
  (...byBatch: readonly (readonly number[])[]): World['ms'] =>
  (rows, levels) => {
    const sizes = [1, 4, 16, 42];
    const above = Math.max(
      1,
      sizes.findIndex((size) => size >= rows),
    );
    const share = (rows - sizes[above - 1]) / (sizes[above] - sizes[above - 1]);
    return byBatch[above - 1][levels] + share * (byBatch[above][levels] - byBatch[above - 1][levels]);
  };

/** What steps cost: two as measured with trained models of 4 and 8 offsets, the second again with levels a third as dear. */
export const COSTS: Readonly<Record<string, { readonly levels: number; readonly ms: World['ms'] }>> = {
  'four offsets': {
    levels: 3,
    ms: table([1.15, 1.81, 2.6, 2.91], [2.1, 3.3, 4.57, 5.71], [5.79, 9.35, 11.85, 15.45], [12.63, 19.8, 26.96, 33.73]),
  },
  'eight offsets': {
    levels: 7,
    ms: table(
      [0.8, 1.16, 1.63, 1.69, 1.99, 2.28, 2.97, 3.25],
      [1.26, 2.1, 2.64, 3.45, 4.88, 5.5, 5.95, 8.39],
      [3.59, 6.32, 8.48, 11.29, 14.8, 18.14, 18.82, 29.38],
      [8.26, 14.84, 19.24, 24.32, 32.23, 39.28, 44.02, 62.25],
    ),
  },
  'cheap levels': {
    levels: 7,
    ms: table(
      [0.8, 0.92, 1, 1.1, 1.2, 1.35, 1.45, 1.6],
      [1.26, 1.6, 1.9, 2.3, 2.6, 2.9, 3.2, 3.6],
      [3.59, 4.7, 5.8, 7, 8.2, 9.3, 10.5, 11.8],
      [8.26, 11, 14, 16.5, 19, 21.5, 24, 27],
    ),
  },
  'free up to 16 nodes': {
    levels: 7,
    ms: (rows, levels) => 4 * Math.max(1, (rows * (levels + 1)) / 16) + 0.2 * levels,
  },
  'as dear as a token': { levels: 7, ms: (_, levels) => 1 + levels },
};

const falling = (first: number, by: number) => Array.from({ length: 7 }, (_, level) => first * by ** level);

/** How often levels are kept. */
export const ACCEPTANCES: Readonly<Record<string, World['shares']>> = {
  '.20': () => falling(0.2, 0.9),
  '.60': () => falling(0.6, 0.95),
  '.85': () => falling(0.85, 0.98),
  '.95': () => falling(0.95, 1),
  'from .20 to .95 and back': (token) => falling(0.2 + 0.75 * (0.5 - 0.5 * Math.cos(token / 800)), 0.97),
};

/** What else there is: with `apart` offsets run by themselves, with `inside` in the verifying forward. */
export const MACHINES: Readonly<Record<string, Partial<World>>> = {
  noisy: { noise: 0.2 },
  apart: { noise: 0.1, reading: 0.0125, grows: true },
  inside: { noise: 0.1, reading: 0.045, grows: true, isInside: true },
  cold: { noise: 0.1, reading: 0.0125, cold: 2 },
  disturbed: { noise: 0.2, spikes: 0.05 },
  shared: { noise: 0.1, slowness: (tokens) => (Math.floor(tokens / 400) % 3 === 1 ? 2 : 1) },
};

/** The same generation with every fixed number of levels, and with the cost model. */
export interface Comparison {
  readonly fixed: readonly number[];
  /** Of `fixed`, the highest. */
  readonly best: number;
  /** The cost model's speed over it. */
  readonly ratio: number;
}

/** @param length - tokens a row of each generation; measuring is not among them */
export async function compare(world: World, rows: number, length: number, seed = 7): Promise<Comparison> {
  const generation = { rows, length, seed };
  const fixed = Array.from({ length: world.levels + 1 }, (_, levels) => {
    const policy = {
      grow: (_tree: unknown, [node]: readonly number[], _p: unknown, at: { level: number }) =>
        at.level <= levels ? [{ node, children: 1, sampled: false }] : [],
    };
    return generateIn(world, new WorldSession(world, seed), policy, generation).tokensPerMs;
  });
  const session = new WorldSession(world, seed);
  const policy = new CostModel({ explore: 0.01, memory: 256, sampled: false }, () => session.now);
  await policy.prepare(session, { rows, promptTokens: 256 });
  const { tokensPerMs } = generateIn(world, session, policy, generation);
  const best = fixed.indexOf(Math.max(...fixed));
  return { fixed, best, ratio: tokensPerMs / fixed[best] };
}
