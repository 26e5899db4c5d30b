import { readdir } from 'node:fs/promises';
import path from 'node:path';
import {
  CONFIG_VERSION,
  type Experiment,
  experimentHash,
  ForetokenError,
  type Json,
  type JsonObject,
} from '@foretoken/core';
import { readCheckpointConfigHash, runPaths, stepOfName } from '@foretoken/core/training';
import { TRAINING } from '../../run/cell-record.ts';
import { type Entry, type EntryKind, identityFacts } from '../entry.ts';
import { type Fact, flatten } from '../facts.ts';
import { lastMetrics } from './last-metrics.ts';
import { type FileState, fingerprintOf, readRecordFile, stateOf } from './record-file.ts';
import type { Unit } from './unit.ts';

/** What a run folder holds, before any of it is read. */
interface RunFiles {
  readonly experiment: FileState;
  readonly provenance: FileState;
  readonly summary: FileState;
  readonly metrics: FileState;
  /** The newest checkpoint. */
  readonly checkpoint?: FileState;
}

/** A run folder as a unit of the index. */
export async function runUnit(
  folder: string,
  { kind = 'run', ablation }: { readonly kind?: EntryKind; readonly ablation?: string } = {},
): Promise<Unit> {
  const paths = runPaths(folder);
  const [experiment, provenance, summary, metrics] = await Promise.all(
    [paths.experiment, paths.provenance, paths.summary, paths.metrics].map(stateOf),
  );
  const checkpoint = await newestCheckpoint(paths.checkpoints);
  const files: RunFiles = { experiment, provenance, summary, metrics, checkpoint };
  return {
    key: folder,
    folder,
    fingerprint: fingerprintOf([experiment, provenance, summary, metrics, ...(checkpoint ? [checkpoint] : [])]),
    read: () => readRun(folder, files, { kind, ablation }),
  };
}

async function readRun(
  folder: string,
  files: RunFiles,
  { kind, ablation }: { readonly kind: EntryKind; readonly ablation?: string },
): Promise<Entry> {
  const experiment = await readRecordFile(files.experiment);
  if (!experiment) {
    throw new ForetokenError(
      'RUN_NOT_FOUND',
      `${folder} has files of a run but no experiment.json. Restore it, or remove the folder.`,
    );
  }
  checkConfiguration(folder, experiment, files.checkpoint);
  const [provenance, summary] = await Promise.all([readRecordFile(files.provenance), readRecordFile(files.summary)]);
  const { formatVersion: _, ...config } = experiment;
  const identity = {
    name: experiment.name as string,
    seed: experiment.seed as number,
    status: summary ? ('done' as const) : ('unfinished' as const),
    started: provenance?.started as string,
    ablation,
  };
  return {
    kind,
    folder,
    facts: {
      run: identityFacts(kind, folder, identity),
      config: flatten(config, { hasObjectsInLists: true }),
      ...(await measuredFacts(summary, files.metrics)),
    },
  };
}

/** The training's own facts under the names that cells have for them, and where the metrics stand. */
async function measuredFacts(summary: JsonObject | undefined, metrics: FileState) {
  const { formatVersion: _, checkpoint: __, contentHash: ___, timings, peakBytes, ...trained } = summary ?? {};
  const last = [...(await lastMetrics(metrics))].map(([key, fact]): [string, Fact] => [`metrics.${key}`, fact]);
  const spent = isObject(timings) ? timings : {};
  return {
    results: new Map([...flatten({ [TRAINING]: trained }), ...last]),
    timings: flatten({ [TRAINING]: { ...spent, peakBytes: peakBytes ?? null } }),
  };
}

/** A checkpoint knows the configuration that it was trained with: one that was edited since is no record of the run. */
function checkConfiguration(folder: string, experiment: JsonObject, checkpoint: FileState | undefined): void {
  if (!checkpoint) return;
  const trainedWith = readCheckpointConfigHash(checkpoint.path);
  if (trainedWith === hashOf(folder, experiment)) return;
  throw new ForetokenError(
    'RUN_MISMATCH',
    `${folder} was edited: its checkpoint was trained with another configuration (hash ${trainedWith.slice(0, 12)}) than ` +
      'experiment.json has now. Restore experiment.json.',
  );
}

function hashOf(folder: string, experiment: JsonObject): string {
  try {
    return experimentHash({ ...(experiment as unknown as Experiment), formatVersion: CONFIG_VERSION });
  } catch (cause) {
    throw new ForetokenError(
      'FILE_CORRUPT',
      `${folder} has an experiment.json without a model or an engine. Restore it, or remove the folder.`,
      {
        cause,
      },
    );
  }
}

async function newestCheckpoint(folder: string): Promise<FileState | undefined> {
  const names = await readdir(folder).catch((): string[] => []);
  const newest = names
    .filter((name) => stepOfName(name) !== undefined)
    .sort((a, b) => stepOfName(a)! - stepOfName(b)!)
    .at(-1);
  return newest === undefined ? undefined : stateOf(path.join(folder, newest));
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
