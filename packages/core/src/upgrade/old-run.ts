import { join } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Experiment } from '../config/experiment.ts';
import { experimentHash } from '../config/hash.ts';
import type { Host } from '../di/host.ts';
import type { DiskOptions } from '../files/disk.ts';
import { FORMAT_VERSION } from '../files/format-version.ts';
import { type JsonObject, LARGEST_RECORD } from '../files/json-file.ts';
import { readJsonLines } from '../files/json-lines-log.ts';
import { writeFileAtomic } from '../files/write-file-atomic.ts';
import { exists, runPaths } from '../training/run-directory.ts';
import { type TrainingSummary, writeRunSummary } from '../training/run-summary.ts';
import { withTrainingPreview } from '../training/training-preview.ts';
import { type ConfigHashes, upgradeCheckpoint } from './old-checkpoint.ts';
import { completeOldExperiment, oldHashes } from './old-experiment.ts';
import { readOldRecord, writeUpgraded } from './old-record.ts';

/** Writes one file of a folder anew, elsewhere. */
export type Conversion = (from: string, to: string, options: DiskOptions) => Promise<void>;

/** A run of an older version, with what it takes to write it in this one. */
export interface OldRun {
  /** As this release would have saved it. */
  readonly experiment: Experiment;
  readonly baseDirectory: string;
  /** Of a finished one: with what summaries say since. */
  readonly summary?: TrainingSummary;
  /** How each of its records is written anew, by path from its folder; what is not here stays as it is. */
  conversionOf(path: string): Conversion | undefined;
}

/** Options of {@link readOldRun}. */
export interface OldRunOptions {
  /**
   * A finished run whose model has other weights today, because what is matched or a head has changed since, is no error: its
   * summary stays as it is. For a record that is read; nothing can go on from its checkpoints. Default: it is refused.
   */
  readonly takesOtherModels?: boolean;
}

/** What is used of a host. */
export type UpgradeHost = Pick<Host, 'plugins' | 'openEngine'>;

/**
 * Reads a run of an older version. Nothing is written.
 * @throws FILE_READ, FILE_CORRUPT, FORMAT_VERSION, and what completing the experiment throws
 */
export async function readOldRun(
  host: UpgradeHost,
  directory: string,
  { takesOtherModels = false }: OldRunOptions = {},
): Promise<OldRun> {
  const paths = runPaths(directory);
  const options = { largest: LARGEST_RECORD };
  const saved = await readOldRecord(paths.experiment, options);
  const { baseDirectory: given = '..' } = (await exists(paths.provenance))
    ? await readOldRecord(paths.provenance, options)
    : {};
  const baseDirectory = join(directory, String(given));
  const experiment = await completeOldExperiment(paths.experiment, saved, { plugins: host.plugins, baseDirectory });
  const summary = (await exists(paths.summary))
    ? await upgradedSummary(host, await readOldRecord(paths.summary, options), {
        experiment,
        baseDirectory,
        takesOtherModels,
      })
    : undefined;
  const hashes = { old: oldHashes(saved), new: experimentHash(experiment) };
  const conversions = conversionsOf({ experiment, summary, hashes });
  return {
    ...{ experiment, baseDirectory, summary },
    conversionOf: (path) => conversions.find(([name]) => name.test(path))?.[1],
  };
}

type Named = readonly [path: RegExp, conversion: Conversion];

function conversionsOf({
  experiment,
  summary,
  hashes,
}: Pick<OldRun, 'experiment' | 'summary'> & { readonly hashes: ConfigHashes }): readonly Named[] {
  return [
    [/^experiment\.json$/, (_, to, options) => writeUpgraded(to, experiment, options)],
    [/^(provenance|data-manifest)\.json$/, convertRecord],
    [/^metrics\.jsonl$/, convertMetrics],
    [/^summary\.json$/, (_, to, options) => writeRunSummary({ summary: to }, summary as TrainingSummary, options)],
    [/^checkpoints\/step-\d{8,}\.safetensors$/, (from, to, options) => upgradeCheckpoint(from, to, hashes, options)],
  ];
}

/** A record that differs by its version alone. */
export async function convertRecord(from: string, to: string, options: DiskOptions): Promise<void> {
  await writeUpgraded(to, await readOldRecord(from, options), options);
}

async function convertMetrics(from: string, to: string, options: DiskOptions): Promise<void> {
  const rows = await readJsonLines(from, options);
  const lines = rows.map((row) => `${JSON.stringify({ ...row, formatVersion: FORMAT_VERSION })}\n`);
  await writeFileAtomic(to, lines.join(''), options);
}

/** What summaries say since, counted on the model as it was then; one that has it already is as it was. */
async function upgradedSummary(
  host: UpgradeHost,
  saved: JsonObject,
  { experiment, baseDirectory, takesOtherModels }: Pick<OldRun, 'experiment' | 'baseDirectory'> & OldRunOptions,
): Promise<TrainingSummary> {
  const { formatVersion: _, contentHash: __, ...summary } = saved;
  if ('match' in summary) return summary as unknown as TrainingSummary;
  // The counts are the same on every engine, and that of the run may not be here.
  const counted: Experiment = { ...experiment, engine: { ...experiment.engine, name: 'auto' } };
  return withTrainingPreview(host, counted, baseDirectory, ({ cost, match }) => {
    const isOther = cost.parameters !== summary.parameters;
    if (isOther && takesOtherModels) return summary as unknown as TrainingSummary;
    if (isOther) throw otherModel(experiment.name, cost.parameters, summary.parameters);
    const { parameters, layers, trunkLayers, steps, skippedSteps, tokens, ...rest } =
      summary as unknown as TrainingSummary;
    const { flopsPerToken, trainingFlops, isTrainingFlopsUpperBound } = cost;
    return {
      ...{ parameters, layers, trunkLayers, match, steps, skippedSteps, tokens, flopsPerToken, trainingFlops },
      ...(isTrainingFlopsUpperBound && { isTrainingFlopsUpperBound }),
      ...rest,
    };
  });
}

const otherModel = (name: string, now: number, then: unknown): ForetokenError =>
  new ForetokenError(
    'RUN_MISMATCH',
    `the model of "${name}" has ${now} parameters with the plugins that are installed, and had ${String(then)} when it was trained. Install the plugins of then, then upgrade.`,
  );
