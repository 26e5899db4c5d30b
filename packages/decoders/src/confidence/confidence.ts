// V vocabulary.
import { type DraftPolicy, defineDraftPolicy, type Tree, Type } from '@foretoken/core/plugin';
import { chainLevels, chainOptions, checkLevels, oneChild } from '../fixed/chain.ts';

const Options = Type.Object({
  threshold: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.4,
    description: 'Lowest probability, by the heads’ own account, of a path that is still gone on with.',
  }),
  ...chainOptions,
});

/** A node that got children. */
interface Grown {
  /** Product of the probabilities of the tokens from the pending one to it. */
  readonly probability: number;
  /** The head's distribution that its children come from. */
  readonly p_V: Float64Array;
}

/** Of a row's draft under way the nodes of the last level that got children, by node. */
export type DraftUnderWay = ReadonlyMap<number, Grown>;

/**
 * Goes on below a node while its path, with the likeliest token of the next level, has at least a probability by the heads'
 * own account.
 *
 * Where tokens are drawn, what a level draws never decides what is drafted at that level: only the tokens before it do, and
 * the head's distribution. So rejection sampling keeps the distribution.
 *
 * @param drafts - those under way, by row: one is held from its first level until its outcome is known
 */
export function createConfidence(
  options: { readonly threshold: number; readonly levels?: number; readonly sampled: boolean },
  drafts = new Map<number, DraftUnderWay>(),
): DraftPolicy {
  const { threshold, levels, sampled } = options;
  return {
    prepare: async (session) => checkLevels('confidence', levels, session),
    grow(tree, frontier, p, at) {
      if (at.level > chainLevels('confidence', levels, at)) return [];
      const grown = new Map<number, Grown>();
      for (const node of frontier) {
        const probability = at.level === 1 ? 1 : pathProbability(tree, node, drafts.get(at.row)!);
        // What is below already stays below: if that is all of them, the next offset need not run.
        if (probability < threshold) continue;
        const p_V = p(node);
        if (probability * largest(p_V) >= threshold) grown.set(node, { probability, p_V });
      }
      drafts.set(at.row, grown);
      return oneChild([...grown.keys()], sampled);
    },
    learn: ({ row }) => void drafts.delete(row),
    forget: (row) => void drafts.delete(row),
  };
}

function pathProbability({ tokens, parent }: Tree, node: number, levelAbove: DraftUnderWay): number {
  const { probability, p_V } = levelAbove.get(parent[node])!;
  return probability * p_V[tokens[node]];
}

const largest = (p_V: Float64Array): number => p_V.reduce((most, p) => Math.max(most, p), 0);

/**
 * Draft policy by confidence.
 *
 * @source the threshold on a path's probability: Li et al. 2024, EAGLE-2, arXiv:2406.16858, sec. 4.1
 */
export default defineDraftPolicy({
  name: 'confidence',
  description: 'One token below every path whose probability by the heads’ own account is high enough.',
  options: Options,
  create: (_context, options) => createConfidence(options),
});
