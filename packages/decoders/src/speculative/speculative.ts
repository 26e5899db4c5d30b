import { defineDecoder, firstLevels, generateRows } from '@foretoken/core/plugin';

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
    generate: (session, request) =>
      generateRows(session, request, async (rows) => {
        const byRow = new Map(rows.map((row) => [row.row, row]));
        const drafted = await session.draft(request.policy, (row) => byRow.get(row)!.random);
        // The last token a row may emit is the one that the model adds: a draft of it could only be cut off.
        const trees = drafted.map((tree, index) => firstLevels(tree, rows[index].left - 1));
        const verdicts = await session.verify(trees);
        return verdicts.map((verdict, index) => ({
          tree: trees[index],
          verdict,
          kept: request.rule.accept(trees[index], verdict, rows[index].random),
        }));
      }),
  }),
});
