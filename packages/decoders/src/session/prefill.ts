// B = 1 row, T columns of one forward.
import { LAST_COMMITTED, ROOT } from '@foretoken/engine/nodes';
import { nodesOf } from './lanes.ts';
import type { ModelMemory } from './model-memory.ts';
import type { Row } from './row.ts';
import type { TrunkForward } from './trunk-forward.ts';

/** Columns that one forward reads at most. */
const CHUNK = 64;

/** Reads all tokens of an empty row but the last one, which is left pending. */
export function prefill(row: Row, tokens: Int32Array, trunk: TrunkForward, memory: ModelMemory): void {
  for (const token of tokens) row.push(token);
  for (let from = 0; from < row.numColumns; from += CHUNK) {
    const tokens_BT = tokens.slice(from, Math.min(from + CHUNK, row.numColumns));
    const columns = [...tokens_BT.keys()];
    const at = nodesOf([
      {
        position: columns.map((t) => from + t),
        parent: columns.map((t) => (t > 0 ? t - 1 : from > 0 ? LAST_COMMITTED : ROOT)),
      },
    ]);
    try {
      const chunk = trunk.read({ rows: [row.id], tokens_BT, at });
      memory.commit(row.id, columns);
      memory.close();
      if (chunk) for (const node of columns) row.columns.push({ chunk, node });
      chunk?.release();
    } finally {
      at.dispose();
    }
  }
}
