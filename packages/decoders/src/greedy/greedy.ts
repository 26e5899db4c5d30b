import { defineDecoder } from '@foretoken/core/plugin';
import { generateRows } from '../generation/generate-rows.ts';
import { emptyTree } from '../trees/tree.ts';

/** One forward a token, no draft, the model's first choice. Asks neither rule nor policy. */
export default defineDecoder({
  name: 'greedy',
  description: 'One forward a token, no draft, the model’s first choice.',
  create: () => ({
    drafts: false,
    generate: (session, request) =>
      generateRows(session, request, async (rows) => {
        const trees = rows.map(emptyTree);
        const verdicts = await session.verify(trees);
        return verdicts.map((verdict, index) => ({
          tree: trees[index],
          kept: { path: new Int32Array(0), next: verdict.argmax(-1) },
        }));
      }),
  }),
});
