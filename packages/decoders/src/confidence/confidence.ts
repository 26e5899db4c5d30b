// V vocabulary.
import { type DraftMoment, type DraftPolicy, defineDraftPolicy, Type } from '@foretoken/core/plugin';
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

/** A row's draft so far. */
interface Path {
  /** Product of the probabilities of its tokens. */
  readonly probability: number;
  /** The head's distribution that its next token comes from. */
  readonly p_V: Float64Array;
}

/**
 * Goes on while the path, with the likeliest token of the next level, has at least a probability by the heads' own account.
 *
 * Where tokens are drawn, the draw that a level makes never decides whether that level is drafted: only the tokens before
 * it do, and the head's distribution. So rejection sampling keeps the distribution.
 */
function createConfidence(options: {
  readonly threshold: number;
  readonly levels?: number;
  readonly sampled: boolean;
}): DraftPolicy {
  const { threshold, levels, sampled } = options;
  const paths = new Map<number, Path>();
  const soFar = ({ row, level }: DraftMoment, token: number): number => {
    if (level === 1) return 1;
    const { probability, p_V } = paths.get(row)!;
    return probability * p_V[token];
  };
  return {
    prepare: async (session) => checkLevels('confidence', levels, session),
    grow(tree, frontier, p, at) {
      if (at.level > chainLevels('confidence', levels, at)) return [];
      const probability = soFar(at, tree.tokens[frontier[0]]);
      // What is below already stays below: the next offset need not run.
      if (probability < threshold) return [];
      const p_V = p(frontier[0]);
      if (probability * largest(p_V) < threshold) return [];
      paths.set(at.row, { probability, p_V });
      return oneChild(frontier, sampled);
    },
    learn({ row, isLast }) {
      if (isLast) paths.delete(row);
    },
  };
}

const largest = (p_V: Float64Array): number => p_V.reduce((most, p) => Math.max(most, p), 0);

/**
 * Draft policy by confidence.
 *
 * @source the threshold on a path's probability: Li et al. 2024, EAGLE-2, arXiv:2406.16858, sec. 4.1, on a chain
 */
export default defineDraftPolicy({
  name: 'confidence',
  description: 'A chain, as long as its probability by the heads’ own account is high enough.',
  options: Options,
  create: (_context, options) => createConfidence(options),
});
