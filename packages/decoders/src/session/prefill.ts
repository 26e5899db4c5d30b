// B = 1 row, T columns of one forward.
import { LAST_COMMITTED, ROOT } from '@foretoken/engine/nodes';
import { keepInputs } from './draft-inputs.ts';
import type { HeadPlan } from './head-plan.ts';
import { nodesOf } from './lanes.ts';
import type { ModelMemory } from './model-memory.ts';
import { offsetsAlong } from './offsets-along.ts';
import type { Row } from './row.ts';
import type { TrunkForward } from './trunk-forward.ts';

/** How a prompt is read; what changes no bit. */
export interface PrefillOptions {
  /** Columns that one forward reads at most. */
  readonly chunk: number;
  /** Levels that are likely to be drafted: their offsets read the prompt, too. */
  readonly levels: number;
}

/** What reads it. */
export interface PrefillParts {
  readonly plan: HeadPlan;
  readonly trunk: TrunkForward;
  readonly memory: ModelMemory;
}

/** Reads all tokens of an empty row but the last one, which is left pending. */
export function prefill(
  row: Row,
  tokens: Int32Array,
  { plan, trunk, memory }: PrefillParts,
  { chunk, levels }: PrefillOptions,
): void {
  for (const token of tokens) row.push(token);
  for (let from = 0; from < row.numColumns; from += chunk) {
    const tokens_BT = tokens.slice(from, Math.min(from + chunk, row.numColumns));
    const columns = [...tokens_BT.keys()];
    const at = nodesOf([
      {
        position: columns.map((t) => from + t),
        parent: columns.map((t) => (t > 0 ? t - 1 : from > 0 ? LAST_COMMITTED : ROOT)),
      },
    ]);
    try {
      const along = offsetsAlong(plan, levels);
      const inputs = trunk.read({ rows: [row.id], tokens_BT, at, along });
      memory.commit(row.id, columns);
      memory.close();
      keepInputs(row, plan, inputs, { nodes: columns, first: 0, end: from + columns.length });
      inputs.columns?.release();
      inputs.carry?.release();
    } finally {
      at.dispose();
    }
  }
}
