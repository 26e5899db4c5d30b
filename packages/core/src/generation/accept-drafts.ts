import { ForetokenError } from '@foretoken/engine/errors';
import type { GenerationRequest, Session, Tree } from '../contracts/decoding.ts';
import { checkDrawn } from './check-steps.ts';
import type { GeneratingRow, VerifiedStep } from './generating-row.ts';
import { firstLevels } from './tree.ts';

/**
 * The second half of a drafting step: verifies one tree per row in one forward and lets the request's rule keep a path of
 * each. Levels that a row could not emit any more are cut off before.
 *
 * @param drafts - in the order of `rows`
 * @throws DRAFT_UNSUPPORTED if the rule needs drawn candidates and one was chosen
 */
export async function acceptDrafts(
  session: Session,
  { rule }: Pick<GenerationRequest, 'rule'>,
  rows: readonly GeneratingRow[],
  drafts: readonly Tree[],
): Promise<VerifiedStep[]> {
  // The last token a row may emit is the one that the model adds: a draft of it could only be cut off.
  const trees: Tree[] = [];
  for (let index = 0; index < drafts.length; index++) {
    const tree = firstLevels(drafts[index], rows[index].left - 1);
    checkDrawn(rule, tree);
    trees.push(tree);
  }
  const verdicts = await session.verify(trees);
  const steps: VerifiedStep[] = [];
  for (let index = 0; index < verdicts.length; index++) {
    const [tree, verdict] = [trees[index], verdicts[index]];
    steps.push({ tree, verdict, kept: rule.accept(tree, verdict, rows[index].random) });
  }
  return steps;
}

/**
 * Refuses a model whose head drafts fewer levels than a decoder needs.
 *
 * @param who - the decoder, and the option that asks for so many levels if there is one
 * @param levels - at least 1
 * @throws DRAFT_UNSUPPORTED
 */
export function checkDraftLevels(who: string, session: Pick<Session, 'levels'>, levels = 1): void {
  if (session.levels >= levels) return;
  const asked = `${who} drafts ${levels} ${levels === 1 ? 'level' : 'levels'} past the next token`;
  throw new ForetokenError(
    'DRAFT_UNSUPPORTED',
    session.levels === 0
      ? `${asked}, and this model has no head that drafts. Decode it with "greedy" or "prompt-lookup", or train a horizon above 1.`
      : `${asked}, and this model drafts ${session.levels} at most. Ask for fewer, or train a longer horizon.`,
  );
}

/** The request of a decoder that asks no policy, so that none measures or learns what is not its own. */
export function withoutPolicy(request: GenerationRequest): GenerationRequest {
  return { ...request, policy: { grow: () => [] } };
}
