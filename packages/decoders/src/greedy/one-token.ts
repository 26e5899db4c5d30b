import {
  type Decoder,
  emptyTree,
  type GeneratingRow,
  generateRows,
  type Verdict,
  withoutPolicy,
} from '@foretoken/core/plugin';

/**
 * One forward a token, no draft: asks neither rule nor policy.
 *
 * @param choose - the next token of a row, from what the model says after its pending one
 */
export function oneToken(choose: (verdict: Verdict, row: GeneratingRow) => number): Decoder['generate'] {
  return (session, request) =>
    generateRows(session, withoutPolicy(request), async (rows) => {
      const trees = rows.map(emptyTree);
      const verdicts = await session.verify(trees);
      return verdicts.map((verdict, index) => ({
        tree: trees[index],
        verdict,
        kept: { path: new Int32Array(0), next: choose(verdict, rows[index]) },
      }));
    });
}
