import { ForetokenError } from '@foretoken/engine/errors';
import type { AcceptanceRule, Tree } from '../contracts/decoding.ts';
import type { RowStep } from './generating-row.ts';

/**
 * Refuses a tree that a rule cannot judge. The loop does so after a step; a decoder that calls it before `verify`
 * spares the forward.
 *
 * @throws DRAFT_UNSUPPORTED if the rule needs to know what every node was drawn from and one was chosen
 */
export function checkDrawn(rule: AcceptanceRule, { tokens, q }: Tree): void {
  if (!rule.needsDrawn) return;
  const node = q.indexOf('chosen');
  if (node < 0) return;
  throw new ForetokenError(
    'DRAFT_UNSUPPORTED',
    'acceptance rule: it compares the model with the distribution that a candidate was drawn from, but token ' +
      `${tokens[node]} (node ${node}) was chosen, not drawn. Let the draft policy or the decoder draw ` +
      '(`sampled: true`), or use another rule.',
  );
}

/** @throws PLUGIN_INVALID if a decoder's step did not give one item per row; DRAFT_UNSUPPORTED, see {@link checkDrawn} */
export function checkSteps(steps: readonly RowStep[], rows: number, rule: AcceptanceRule): void {
  if (steps.length !== rows) {
    throw new ForetokenError(
      'PLUGIN_INVALID',
      `decoder: a step must give one item for each of the ${rows} rows, got ${steps.length}.`,
    );
  }
  for (const { tree } of steps) checkDrawn(rule, tree);
}
