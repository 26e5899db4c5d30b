import path from 'node:path';
import { ForetokenError } from '@foretoken/core';
import { refuseInterrupted } from '@foretoken/core/training';
import { exists } from './ablation-store.ts';

/** What a folder holds. */
export type FolderKind = 'run' | 'ablation';

/** The record by which each kind is known. */
const RECORDS = { run: 'experiment.json', ablation: 'ablation.json' } as const;

/** Path of the record that says what a folder is. */
export const recordOf = (directory: string, kind: FolderKind): string => path.join(directory, RECORDS[kind]);

/** @throws RUN_NOT_FOUND if a folder holds neither, with what an upgrade has left to do, if that is why */
export async function kindOfFolder(directory: string): Promise<FolderKind> {
  for (const kind of ['run', 'ablation'] as const) if (await exists(recordOf(directory, kind))) return kind;
  refuseInterrupted(directory);
  throw new ForetokenError(
    'RUN_NOT_FOUND',
    `${directory} holds no run and no ablation (no experiment.json, no ablation.json). Name the folder of one.`,
  );
}
