import path from 'node:path';
import { type DiskOptions, type Experiment, ForetokenError, hashJson, type JsonObject } from '@foretoken/core';
import {
  type Conversion,
  completeOldExperiment,
  convertRecord,
  type FolderFiles,
  type OldRun,
  readOldRecord,
  readOldRun,
  type UpgradeHost,
  writeUpgraded,
} from '@foretoken/core/training';
import { TRAINING } from '../run/cell-record.ts';

/** An ablation of an older version, with what it takes to write it in this one. */
export interface OldAblation {
  /** How a file is written anew; see `replaceFolder`. */
  conversionOf(file: string): Conversion | undefined | 'leave out';
  /** Folders of trainings whose model has other weights today. */
  readonly recordsOnly: readonly string[];
}

/** What is read before anything is written. */
interface Parts {
  readonly host: UpgradeHost;
  readonly root: string;
  readonly plan: JsonObject;
  readonly trainings: ReadonlyMap<string, OldRun>;
}

/** Saves work and holds for the old files alone; what dead processes left; derived from the records, by `foretoken report`. */
const LEFT_OUT = /^(finished\.json|leases\/.*)$/;
const TRAINING_FILE = /^trainings\/([0-9a-z-]+)\/(.+)$/i;
const CELL_FILE = /^cells\/[0-9a-z-]+\/(cell|measured)\.json$/i;
const RECORD = /^(results\.json|rungs\/[0-9a-z-]+\.json|cells\/[0-9a-z-]+\/(failure|pruned)\.json)$/i;

/**
 * Reads the plan and the trainings of an ablation of an older version. Nothing is written.
 * @param files - what its folder holds
 * @throws FILE_READ, FILE_CORRUPT, FORMAT_VERSION, and what completing its experiments throws
 */
export async function readOldAblation(host: UpgradeHost, root: string, { files }: FolderFiles): Promise<OldAblation> {
  const plan = await readOldRecord(path.join(root, 'ablation.json'));
  const keys = files.flatMap((file) => {
    const [, key, inside] = TRAINING_FILE.exec(file) ?? [];
    return inside === 'experiment.json' ? [key] : [];
  });
  const trainings = new Map<string, OldRun>();
  for (const key of keys)
    trainings.set(key, await readOldRun(host, path.join(root, 'trainings', key), { takesOtherModels: true }));
  const parts: Parts = { host, root, plan, trainings };
  const others = [...trainings].filter(([, { isRecordOnly }]) => isRecordOnly);
  return { conversionOf: (file) => conversionOf(parts, file), recordsOnly: others.map(([key]) => `trainings/${key}`) };
}

function conversionOf(parts: Parts, file: string): Conversion | undefined | 'leave out' {
  if (LEFT_OUT.test(file)) return 'leave out';
  const [, key, inside] = TRAINING_FILE.exec(file) ?? [];
  if (key !== undefined) return parts.trainings.get(key)?.conversionOf(inside);
  if (file === 'ablation.json') return (_, to, options) => writePlan(parts, to, options);
  if (CELL_FILE.test(file)) return (from, to, options) => convertCell(parts, from, to, options);
  return RECORD.test(file) ? convertRecord : undefined;
}

/** Version 1 did not say at first which code, engine and order a cell was of. */
async function writePlan(parts: Parts, to: string, options: DiskOptions): Promise<void> {
  const { plan, root } = parts;
  if (!Array.isArray(plan.cells)) throw corrupt(path.join(root, 'ablation.json'), 'it lists no cells');
  const cells: object[] = [];
  for (const cell of plan.cells as readonly JsonObject[]) {
    const experiment = await completed(parts, path.join(root, 'ablation.json'), cell, String(cell.trainingKey));
    cells.push({ ...cell, ...madeWith(parts, cell, experiment), experiment, alone: cell.alone ?? [] });
  }
  await writeUpgraded(to, { ...plan, cells }, options);
}

async function convertCell(parts: Parts, from: string, to: string, options: DiskOptions): Promise<void> {
  const { formatVersion: _, contentHash, ...record } = await readOldRecord(from, options);
  if (contentHash !== undefined && contentHash !== hashJson(record))
    throw corrupt(from, 'it was changed after it was written');
  const { training, results } = record as {
    readonly training?: { readonly key?: unknown };
    readonly results?: JsonObject;
  };
  const key = String(training?.key);
  const experiment = await completed(parts, from, record, key);
  const { id, seed, packages, code: __, engine: ___, experiment: ____, ...rest } = record;
  const content = {
    ...{ id, seed, experiment, packages, ...madeWith(parts, record, experiment) },
    ...rest,
    results: { ...results, [TRAINING]: trainedOf(results, parts.trainings.get(key)) },
  };
  await writeUpgraded(to, { ...content, contentHash: hashJson(JSON.parse(JSON.stringify(content))) }, options);
}

/** What the training says of itself since; a cell whose training is gone says what it said. */
function trainedOf(results: JsonObject | undefined, run: OldRun | undefined): unknown {
  const trained = results?.[TRAINING] as JsonObject | undefined;
  if (!run?.summary?.match || !trained || 'match' in trained) return trained;
  const { data, ...counts } = trained;
  const { match, flopsPerToken, trainingFlops, isTrainingFlopsUpperBound } = run.summary;
  return {
    ...{ ...counts, trainingFlops, ...(isTrainingFlopsUpperBound && { isTrainingFlopsUpperBound }) },
    ...{ match, flopsPerToken, data },
  };
}

/** Nobody noted the contents of the packages: no code of now is taken for theirs. */
function madeWith({ plan }: Parts, { code, engine }: JsonObject, experiment: Experiment): object {
  const engines = plan.engines as JsonObject | undefined;
  return { code: code ?? {}, engine: engine ?? engines?.[experiment.engine.name] ?? 'unknown' };
}

function completed(
  { host, root, plan, trainings }: Parts,
  file: string,
  cell: JsonObject,
  key: string,
): Promise<Experiment> {
  const baseDirectory = trainings.get(key)?.baseDirectory ?? path.dirname(path.resolve(root, String(plan.file)));
  const saved = cell.experiment;
  if (typeof saved !== 'object' || saved === null || Array.isArray(saved)) throw corrupt(file, 'it has no experiment');
  return completeOldExperiment(file, saved as JsonObject, { plugins: host.plugins, baseDirectory });
}

const corrupt = (file: string, why: string): ForetokenError =>
  new ForetokenError(
    'FILE_CORRUPT',
    `${file} cannot be upgraded: ${why}. Restore it, or remove it and run its ablation again.`,
  );
