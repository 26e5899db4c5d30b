import { defineDecoder, emptyTree, generateRows, withoutPolicy } from '@foretoken/core/plugin';

/** One forward a token, no draft, the model's first choice. Asks neither rule nor policy. */
export default defineDecoder({
  name: 'greedy',
  description: 'One forward a token, no draft, the model’s first choice.',
  create: () => ({
    drafts: false,
    keeps: ['greedy'],
    generate: (session, request) =>
      generateRows(session, withoutPolicy(request), async (rows) => {
        const trees = rows.map(emptyTree);
        const verdicts = await session.verify(trees);
        return verdicts.map((verdict, index) => ({
          tree: trees[index],
          verdict,
          kept: { path: new Int32Array(0), next: verdict.argmax(-1) },
        }));
      }),
  }),
});
