import { ForetokenError } from '@foretoken/engine/errors';
import type { MatchName } from '../config/experiment.ts';
import { hashJson } from '../config/hash.ts';
import type { DiskOptions } from '../files/disk.ts';
import { LARGEST_RECORD, readJson, writeJson } from '../files/json-file.ts';
import type { RunPaths } from './run-directory.ts';
import type { FlopsPerToken } from './training-flops.ts';

/** What was made equal, and to what. */
export interface MatchRecord {
  readonly to: MatchName;
  /** SwiGLU widths that `match: parameters` may choose: of the head's own blocks, and of the trunk's last block. */
  readonly headMlpWidth: number;
  readonly lastMlpWidth: number;
  /** Under `match: parameters`, those of the one-token model. */
  readonly referenceParameters?: number;
  /** Under `match: flops`, those of the one-token model in the experiment's number of steps. */
  readonly budgetFlops?: number;
}

/** What a finished training says of itself; also `summary.json` of its folder. */
export interface TrainingSummary {
  readonly parameters: number;
  readonly layers: number;
  readonly trunkLayers: number;
  readonly match: MatchRecord;
  /** Under `match: flops` and with `minutes` not those of the experiment. */
  readonly steps: number;
  /** Steps whose loss or gradient was not finite. */
  readonly skippedSteps: number;
  /** Tokens trained on. */
  readonly tokens: number;
  /** Counted operations, of every step at its own horizon; see `flopsPerToken`. */
  readonly flopsPerToken: FlopsPerToken;
  /** Of the whole training. */
  readonly trainingFlops: number;
  /** Present where the horizon schedule learns: every step counts at the full horizon, and may have been smaller. */
  readonly isTrainingFlopsUpperBound?: true;
  /** Largest number of tensor bytes alive at once while training, those of the model included. */
  readonly peakBytes: number;
  /** The last checkpoint, relative to the run's folder. */
  readonly checkpoint: string;
  readonly data: { readonly contentHash: string; readonly trainBytes: number; readonly validationBytes: number };
  /** Of the rows of `metrics.jsonl`, without how long each step took; absent from a summary that was upgraded. */
  readonly metricsHash?: string;
  /** Of all steps, whichever process took them; validations and checkpoints are not counted. */
  readonly timings: { readonly seconds: number; readonly tokensPerSecond: number };
}

/**
 * Keeps what a finished training says of itself, with a hash over it.
 * @throws FILE_WRITE, DISK_FULL
 */
export async function writeRunSummary(
  { summary: file }: Pick<RunPaths, 'summary'>,
  summary: TrainingSummary,
  options: DiskOptions = {},
): Promise<void> {
  await writeJson(file, { ...summary, contentHash: contentHashOf(summary) }, options);
}

/**
 * What a finished training says of itself, as it was written: results are made of it, so an edit would go into them.
 * @throws FILE_CORRUPT if the file was changed since; FILE_READ, FORMAT_VERSION
 */
export async function readRunSummary({ summary: file }: Pick<RunPaths, 'summary'>): Promise<TrainingSummary> {
  const { formatVersion: _, contentHash, ...summary } = await readJson(file, { largest: LARGEST_RECORD });
  if (contentHash === contentHashOf(summary)) return summary as unknown as TrainingSummary;
  throw new ForetokenError(
    'FILE_CORRUPT',
    `${file} was changed after it was written: its contents are not those of its contentHash. Restore it, or remove it: the training then writes it anew, from its last checkpoint.`,
  );
}

/** Of what the file will hold: JSON leaves out what is undefined, and has no difference between 0 and -0. */
const contentHashOf = (summary: object): string => hashJson(JSON.parse(JSON.stringify(summary)));
