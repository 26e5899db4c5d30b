// V vocabulary.
import { defineDraftPolicy, entropyOf, Type } from '@foretoken/core/plugin';
import { chainLevels, chainOptions, checkLevels, oneChild } from '../fixed/chain.ts';

const Options = Type.Object({
  limit: Type.Optional(
    Type.Number({
      minimum: 0,
      description: 'Highest entropy, in nats, of a level that is drafted. Default: what gamma and lambda make of it.',
    }),
  ),
  gamma: Type.Number({
    exclusiveMinimum: 0,
    default: 0.2,
    description: 'Scale of the entropy in the bound; without effect beside a limit.',
  }),
  lambda: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.4,
    description: 'Lowest bound on a token’s acceptance at which drafting goes on; without effect beside a limit.',
  }),
  ...chainOptions,
});

/**
 * The entropy at which the bound on a token's acceptance, 1 - sqrt(gamma H), falls to lambda.
 *
 * @returns in nats
 * @source the form is ours, after Agrawal, Jeon and Lee 2024 (AdaEDL), arXiv:2410.18351, whose bound falls with the entropy
 */
export function entropyLimit(gamma: number, lambda: number): number {
  return (1 - lambda) ** 2 / gamma;
}

/**
 * Draft policy by entropy: a node gets a child while the head's distribution after it is sure enough.
 *
 * The drawn token never decides, so rejection sampling keeps the distribution.
 *
 * @source after Agrawal, Jeon and Lee 2024 (AdaEDL), arXiv:2410.18351: stop where a lower bound on acceptance, made of the
 * draft's entropy, falls below a threshold; here 1 - sqrt(gamma H) < lambda
 */
export default defineDraftPolicy({
  name: 'entropy',
  description: 'One token wherever the entropy of the heads’ distribution is low enough.',
  options: Options,
  create(_context, { gamma, lambda, limit = entropyLimit(gamma, lambda), levels, sampled }) {
    return {
      prepare: async (session) => checkLevels('entropy', levels, session),
      grow(_tree, frontier, p, at) {
        if (at.level > chainLevels('entropy', levels, at)) return [];
        return oneChild(
          frontier.filter((node) => entropyOf(p(node)) <= limit),
          sampled,
        );
      },
    };
  },
});
