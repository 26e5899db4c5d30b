// V vocabulary.
import { defineAcceptanceRule, drawIndex, type Kept, type Random, type Tree } from '@foretoken/core/plugin';
import { type Judgement, judgements } from './judgements.ts';

/**
 * Judges a draft as a whole instead of token by token: an improbable token stays where what follows it makes up for it.
 * The output is distributed as the model's own, and of a chain no rule that keeps it so accepts more tokens in the mean.
 *
 * @source Sun et al. 2024, arXiv:2403.10444, algorithm 2; trees are ours
 */
export default defineAcceptanceRule({
  name: 'block-verification',
  description: 'Drafted tokens are judged together: more are kept than by rejection, in the same distribution.',
  create: () => ({
    keeps: ['distribution'],
    accept(tree, target, random) {
      // The pending token comes last and is always kept, so the loop ends with a judgement.
      let end!: Judgement;
      for (end of judgements(tree, target)) if (isKept(end, random)) break;
      return kept(tree, end, random);
    },
  }),
});

/** Whether u < weight. What is certain draws nothing: an output that can only be one thing uses no random number. */
function isKept({ node, weight }: Judgement, random: Random): boolean {
  return node < 0 || weight >= 1 || (weight > 0 && random.uniform() < weight);
}

/** The path to a node, and a token drawn from its measure. */
function kept({ parent }: Tree, { node, weight, next_V }: Judgement, random: Random): Kept {
  const path: number[] = [];
  for (let at = node; at >= 0; at = parent[at]) path.unshift(at);
  const certain = next_V.findIndex((left) => left > 0 && left >= weight);
  const next = certain >= 0 ? certain : drawIndex(next_V, random.uniform() * weight);
  return { path: Int32Array.from(path), next };
}
