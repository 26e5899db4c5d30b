import {
  type AcceptanceRule,
  acceptDrafts,
  checkDraftLevels,
  type DraftPolicy,
  defineDecoder,
  emptyTree,
  type GenerationRequest,
  generateRows,
  type Random,
  type Step,
  Type,
  type Verdict,
  type VerifiedStep,
} from '@foretoken/core/plugin';

/**
 * Blockwise parallel decoding: every head proposes one token of a block, one forward verifies the block and gives the
 * heads what they propose the next one from.
 *
 * @source Stern et al. 2018, arXiv:1811.03115: blockwise parallel decoding, its combined scoring and proposal model; the
 * minimum block size is after theirs
 */
export default defineDecoder({
  name: 'blockwise',
  description: 'One token of a block per head, verified in one forward; a minimum block size makes it lossy.',
  options: Type.Object({
    minimumBlock: Type.Integer({
      minimum: 1,
      default: 1,
      description: 'Tokens that a forward emits at least, whatever the rule says; above 1 the output is lossy.',
    }),
  }),
  create: (_context, { minimumBlock }) => ({
    drafts: true,
    ...(minimumBlock > 1 && { keeps: [] }),
    generate(session, request) {
      const who = minimumBlock > 1 ? `decoder "blockwise" with minimumBlock ${minimumBlock}` : 'decoder "blockwise"';
      const step: Step = async (rows) => {
        const policy = blockPolicy(request, minimumBlock - 1);
        const drafts = await session.draft(policy, (id) => rows.find(({ row }) => row === id)!.random);
        const steps = await acceptDrafts(session, request, rows, drafts);
        return steps.map((step, index) => withAtLeast(minimumBlock - 1, step, request.rule, rows[index].random));
      };
      return generateRows(session, request, step, () => checkDraftLevels(who, session, Math.max(1, minimumBlock - 1)));
    },
  }),
});

/**
 * One child a level, as far as the request's policy goes and at least as far as what is kept anyway; for one draft. A
 * policy that has said where a row's draft ends has nothing to say of what comes behind, and is not asked.
 */
function blockPolicy({ policy, rule }: GenerationRequest, leastLevels: number): DraftPolicy {
  const declined = new Set<number>();
  return {
    grow(tree, [last], p, at) {
      const growths = declined.has(at.row) ? [] : policy.grow(tree, [last], p, at);
      const wanted = growths.find(({ children }) => children > 0);
      if (wanted) return [{ ...wanted, children: 1 }];
      declined.add(at.row);
      return at.level <= leastLevels ? [{ node: last, children: 1, sampled: rule.needsDrawn === true }] : [];
    },
  };
}

/** Keeps at least the first `count` drafts; behind a draft that the rule refused comes what the rule makes of the model there. */
function withAtLeast(count: number, step: VerifiedStep, rule: AcceptanceRule, random: Random): VerifiedStep {
  const { tree, verdict, kept } = step;
  const forced = Math.min(count, tree.tokens.length);
  if (kept.path.length >= forced) return step;
  const { next } = rule.accept(emptyTree(), verdictAfter(verdict, forced - 1), random);
  return { ...step, kept: { path: Int32Array.from({ length: forced }, (_, node) => node), next } };
}

/** What the model says after one node, as if that were the pending token. */
function verdictAfter(verdict: Verdict, node: number): Verdict {
  return {
    argmax: () => verdict.argmax(node),
    p: () => verdict.p(node),
    logits: () => verdict.logits(node),
  };
}
