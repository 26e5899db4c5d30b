import path from 'node:path';
import { makeFolder, removePath, writeJson } from '@foretoken/core';
import type { AblationPaths } from '../run/ablation-store.ts';
import { PRUNED_FILE, type PrunedAt } from './pruning.ts';

/**
 * Says in the folder of every cell that is pruned where and why, for those who look into the folder, and of no other planned
 * cell. Nothing is decided by these files: a matrix that is run again decides anew.
 * @param pruned - by id
 * @throws FILE_WRITE, DISK_FULL
 */
export async function keepPruned(
  paths: Pick<AblationPaths, 'cell'>,
  cells: readonly { readonly id: string }[],
  pruned: ReadonlyMap<string, PrunedAt>,
): Promise<void> {
  for (const id of new Set(cells.map((cell) => cell.id))) {
    const file = path.join(paths.cell(id), PRUNED_FILE);
    const at = pruned.get(id);
    if (!at) await removePath(file);
    else {
      await makeFolder(paths.cell(id));
      await writeJson(file, { id, ...at });
    }
  }
}
