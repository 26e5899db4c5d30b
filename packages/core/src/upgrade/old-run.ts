import { dirname, join } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { stepOfName } from '../checkpoints/checkpoint-name.ts';
import { readSafetensorsHeader } from '../checkpoints/safetensors.ts';
import type { Experiment } from '../config/experiment.ts';
import { experimentHash } from '../config/hash.ts';
import type { Host } from '../di/host.ts';
import { type DiskOptions, realDisk } from '../files/disk.ts';
import { FORMAT_VERSION } from '../files/format-version.ts';
import { type JsonObject, LARGEST_RECORD } from '../files/json-file.ts';
import { readSoundRows } from '../files/json-lines-log.ts';
import { writeFileAtomic } from '../files/write-file-atomic.ts';
import { exists, type RunPaths, runPaths } from '../training/run-directory.ts';
import { type TrainingSummary, writeRunSummary } from '../training/run-summary.ts';
import { type TrainingPreview, withTrainingPreview } from '../training/training-preview.ts';
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
  /**
   * Whether its model has other weights today, because what is matched or a head has changed since: its summary stays as it
   * is, and nothing can go on from its checkpoints.
   */
  readonly isRecordOnly: boolean;
  /** How each of its records is written anew, by path from its folder; what is not here stays as it is. */
  conversionOf(path: string): Conversion | undefined;
}

/** Options of {@link readOldRun}. */
export interface OldRunOptions {
  /** An unfinished run whose model has other weights today is no error, although nothing can go on from it. Default: it is refused. */
  readonly takesOtherModels?: boolean;
}

/** What is used of a host. */
export type UpgradeHost = Pick<Host, 'plugins' | 'openEngine'>;

/**
 * Reads a run of an older version. Nothing is written.
 * @throws FILE_READ, FILE_CORRUPT, FORMAT_VERSION, and what completing the experiment throws; RUN_MISMATCH for an unfinished run
 * whose model has other weights today
 */
export async function readOldRun(
  host: UpgradeHost,
  directory: string,
  { takesOtherModels = false }: OldRunOptions = {},
): Promise<OldRun> {
  const paths = runPaths(directory);
  const options = { largest: LARGEST_RECORD };
  const saved = await readOldRecord(paths.experiment, options);
  const provenance = (await exists(paths.provenance)) ? await readOldRecord(paths.provenance, options) : {};
  const baseDirectory = join(directory, String(provenance.baseDirectory ?? '..'));
  const experiment = await completeOldExperiment(paths.experiment, saved, { plugins: host.plugins, baseDirectory });
  const old = { experiment, baseDirectory };
  const { summary, isRecordOnly } = (await exists(paths.summary))
    ? await upgradedSummary(host, await readOldRecord(paths.summary, options), old)
    : { summary: undefined, isRecordOnly: await hasOtherWeights(host, paths, old, takesOtherModels) };
  const hashes = { old: oldHashes(saved), new: experimentHash(experiment) };
  const conversions = conversionsOf({ experiment, summary, hashes });
  return {
    ...{ experiment, baseDirectory, summary, isRecordOnly },
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

/** Rows behind the last checkpoint are what going on would write again, so a kill may have left anything there. */
async function convertMetrics(from: string, to: string, options: DiskOptions): Promise<void> {
  const last = (await newestCheckpoint(join(dirname(from), 'checkpoints')))?.step;
  const hasFlushed = (rows: readonly JsonObject[]) => last === undefined || rows.some(({ step }) => step === last);
  const rows = await readSoundRows(from, hasFlushed, options);
  const lines = rows.map((row) => `${JSON.stringify({ ...row, formatVersion: FORMAT_VERSION })}\n`);
  await writeFileAtomic(to, lines.join(''), options);
}

/** What summaries say since, counted on the model as it was then; one that has it already is as it was. */
async function upgradedSummary(
  host: UpgradeHost,
  saved: JsonObject,
  old: Pick<OldRun, 'experiment' | 'baseDirectory'>,
): Promise<{ readonly summary: TrainingSummary; readonly isRecordOnly: boolean }> {
  const { formatVersion: _, contentHash: __, ...rest } = saved;
  const asItWas = rest as unknown as TrainingSummary;
  if ('match' in rest) return { summary: asItWas, isRecordOnly: false };
  return withModelOfNow(host, old, ({ cost, match }) => {
    if (cost.parameters !== asItWas.parameters) return { summary: asItWas, isRecordOnly: true };
    const { parameters, layers, trunkLayers, steps, skippedSteps, tokens, ...others } = asItWas;
    const { flopsPerToken, trainingFlops, isTrainingFlopsUpperBound } = cost;
    const summary = {
      ...{ parameters, layers, trunkLayers, match, steps, skippedSteps, tokens, flopsPerToken, trainingFlops },
      ...(isTrainingFlopsUpperBound && { isTrainingFlopsUpperBound }),
      ...others,
    };
    return { summary, isRecordOnly: false };
  });
}

/** @throws RUN_MISMATCH if it has and that is not taken */
async function hasOtherWeights(
  host: UpgradeHost,
  paths: RunPaths,
  old: Pick<OldRun, 'experiment' | 'baseDirectory'>,
  isTaken: boolean,
): Promise<boolean> {
  const newest = await newestCheckpoint(paths.checkpoints);
  if (newest === undefined) return false;
  const { entries } = await readSafetensorsHeader(newest.path);
  const saved = new Map(
    entries.flatMap(({ name, shape }) =>
      name.startsWith(WEIGHT) ? [[name.slice(WEIGHT.length), shape] as const] : [],
    ),
  );
  const difference = await withModelOfNow(host, old, ({ shapes }) => firstDifference(saved, shapes));
  if (difference === undefined || isTaken) return difference !== undefined;
  throw new ForetokenError(
    'RUN_MISMATCH',
    `${newest.path} ${difference}: what is matched or a plugin has changed since, so only the release that wrote it goes on ` +
      `with the run (${paths.provenance} names it). Finish it there and upgrade it then, or train anew in another folder.`,
  );
}

/** How checkpoints name a weight of the model. */
const WEIGHT = 'model/';

type Shapes = ReadonlyMap<string, readonly number[]>;

function firstDifference(saved: Shapes, now: Shapes): string | undefined {
  for (const [name, shape] of now) {
    const other = saved.get(name);
    if (other === undefined) return `has no "${name}", which the model of now has`;
    if (String(other) !== String(shape)) return `has "${name}" as [${other}], and the model of now as [${shape}]`;
  }
  for (const [name, shape] of saved)
    if (!now.has(name)) return `has "${name}" [${shape}], which the model of now has not`;
  return undefined;
}

/** The counts and shapes are the same on every engine, and that of the run may not be here. */
function withModelOfNow<T>(
  host: UpgradeHost,
  { experiment, baseDirectory }: Pick<OldRun, 'experiment' | 'baseDirectory'>,
  use: (preview: TrainingPreview) => T,
): Promise<T> {
  return withTrainingPreview(
    host,
    { ...experiment, engine: { ...experiment.engine, name: 'auto' } },
    baseDirectory,
    use,
  );
}

async function newestCheckpoint(folder: string): Promise<{ readonly path: string; readonly step: number } | undefined> {
  const names = await realDisk.readdir(folder).catch(() => []);
  const found = names.flatMap((name) => {
    const step = stepOfName(name);
    return step === undefined ? [] : [{ path: join(folder, name), step }];
  });
  return found.sort((a, b) => a.step - b.step).at(-1);
}
