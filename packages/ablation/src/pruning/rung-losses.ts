import path from 'node:path';
import { ForetokenError, hashJson, makeFolder, readJson, writeJson } from '@foretoken/core';
import { type AblationPaths, exists } from '../run/ablation-store.ts';
import type { RungLoss } from './decisions.ts';

/** Losses of one training by the share of its steps that was asked for. */
export type LossesByShare = ReadonlyMap<number, RungLoss>;

/**
 * What trainings gave at rungs, one file each: measurements, no decisions. They follow from the training alone, so any later
 * matrix over the same trainings may use them.
 */
export interface RungLosses {
  /** @throws FILE_CORRUPT if the file is not as it was written; FORMAT_VERSION */
  read(training: string): Promise<LossesByShare>;
  /** Adds one. @throws FILE_WRITE, DISK_FULL */
  write(training: string, share: number, loss: RungLoss): Promise<void>;
}

type Entry = { readonly share: number } & RungLoss;

/** Opens those of an ablation. Nothing is written before there is something to keep. */
export function openRungLosses({ root }: Pick<AblationPaths, 'root'>): RungLosses {
  const folder = path.join(root, 'rungs');
  const fileOf = (training: string): string => path.join(folder, `${training}.json`);
  const read = async (training: string): Promise<LossesByShare> => {
    const file = fileOf(training);
    if (!(await exists(file))) return new Map();
    const { contentHash, losses } = await readJson(file);
    if (contentHash !== hashOf(training, losses as unknown as Entry[])) throw changed(file);
    return new Map((losses as unknown as Entry[]).map(({ share, ...loss }) => [share, loss]));
  };
  return {
    read,
    async write(training, share, loss) {
      const known = new Map([...(await read(training)), [share, loss] as const]);
      const losses = [...known].map(([own, value]) => ({ share: own, ...value })).sort((a, b) => a.share - b.share);
      await makeFolder(folder);
      await writeJson(fileOf(training), { training, losses, contentHash: hashOf(training, losses) });
    },
  };
}

const hashOf = (training: string, losses: readonly Entry[]): string =>
  hashJson({
    training,
    losses: losses.map(({ share, step, steps, bits, dataHash }) => ({ share, step, steps, bits, dataHash })),
  });

const changed = (file: string): ForetokenError =>
  new ForetokenError(
    'FILE_CORRUPT',
    `${file} was changed after it was written: its contents are not those of its contentHash. Remove it: the metrics of the training have the same numbers.`,
  );
