import { defineDecoder, drawIndex, emptyTree, generateRows, withoutPolicy } from '@foretoken/core/plugin';

/** One forward a token, no draft, drawn from the row's own distribution. Asks neither rule nor policy. */
export default defineDecoder({
  name: 'sample',
  description: 'One forward a token, no draft, drawn from the model’s distribution as the prompt’s sampling makes it.',
  create: () => ({
    drafts: false,
    keeps: ['distribution'],
    generate: (session, request) =>
      generateRows(session, withoutPolicy(request), async (rows) => {
        const trees = rows.map(emptyTree);
        const verdicts = await session.verify(trees);
        return verdicts.map((verdict, index) => ({
          tree: trees[index],
          verdict,
          kept: { path: new Int32Array(0), next: drawIndex(verdict.p(-1), rows[index].random.uniform()) },
        }));
      }),
  }),
});
