// B = 1 row, T columns of one forward.
import { LAST_COMMITTED, ROOT } from '@foretoken/engine/nodes';
import { nodesOf } from './lanes.ts';
import type { ModelMemory } from './model-memory.ts';
import type { Row } from './row.ts';
import type { TrunkForward } from './trunk-forward.ts';

/**
 * Reads all tokens of an empty row but the last one, which is left pending.
 *
 * @param chunk - columns that one forward reads at most; changes no bit
 */
export function prefill(row: Row, tokens: Int32Array, chunk: number, trunk: TrunkForward, memory: ModelMemory): void {
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
      const read = trunk.read({ rows: [row.id], tokens_BT, at });
      memory.commit(row.id, columns);
      memory.close();
      if (read) for (const node of columns) row.columns.push({ chunk: read, node });
      read?.release();
    } finally {
      at.dispose();
    }
  }
}
