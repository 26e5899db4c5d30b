import { acceptDrafts, checkDraftLevels, defineDecoder, generateRows, type Step } from '@foretoken/core/plugin';

/**
 * Self-speculative decoding: the model's own heads draft, one forward verifies, the rule keeps a path.
 *
 * @source Stern et al. 2018, arXiv:1811.03115; Gloeckle et al. 2024, arXiv:2404.19737, sec. 3.2
 */
export default defineDecoder({
  name: 'speculative',
  description: 'The heads draft, one forward verifies, the acceptance rule keeps a path.',
  create: () => ({
    drafts: true,
    generate(session, request) {
      const step: Step = async (rows) => {
        const drafts = await session.draft(request.policy, (id) => rows.find(({ row }) => row === id)!.random);
        return acceptDrafts(session, request, rows, drafts);
      };
      return generateRows(session, request, step, () => checkDraftLevels('decoder "speculative"', session));
    },
  }),
});
