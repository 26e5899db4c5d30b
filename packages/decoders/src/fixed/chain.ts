// What the draft policies of this package share that draft a chain: one child a level.
import { type DraftMoment, ForetokenError, type Growth, type Session, Type } from '@foretoken/core/plugin';

/** Options of every policy that drafts a chain. */
export const chainOptions = {
  levels: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'Levels to draft at most. Default: all that were trained; more where the head extends past them.',
    }),
  ),
  sampled: Type.Boolean({
    default: false,
    description: 'Draw drafts from the head’s distribution, as the rule rejection needs them, not its first choices.',
  }),
};

/**
 * Levels that a chain may have.
 *
 * @param levels - those asked for; undefined: all that were trained
 * @throws DRAFT_UNSUPPORTED if more were asked for than the model can draft
 */
export function chainLevels(
  policy: string,
  levels: number | undefined,
  at: Pick<DraftMoment, 'levels' | 'trained'>,
): number {
  checkLevels(policy, levels, at);
  return levels ?? at.trained;
}

/**
 * Refuses more levels than the model can draft: drafting fewer in silence would make two settings one.
 *
 * @param levels - those asked for; undefined asks for none in particular
 * @throws DRAFT_UNSUPPORTED naming both and the next step
 */
export function checkLevels(
  policy: string,
  levels: number | undefined,
  { levels: most }: Pick<Session, 'levels'>,
): void {
  if (levels === undefined || levels <= most) return;
  throw new ForetokenError(
    'DRAFT_UNSUPPORTED',
    `draft policy "${policy}": levels is ${levels}, but this model can draft ${most} at most. ` +
      `Lower levels to ${most}, leave it out, or train a head with a longer horizon.`,
  );
}

/** One child for every node of the frontier, which has one node where all drafts are chains. */
export const oneChild = (frontier: readonly number[], sampled: boolean): Growth[] =>
  frontier.map((node) => ({ node, children: 1, sampled }));
