import { cpus } from 'node:os';
import path from 'node:path';
import type { DiskOptions, Experiment } from '@foretoken/core';
import { ForetokenError, readJson, writeJson } from '@foretoken/core';
import { refuseInterrupted } from '@foretoken/core/training';
import type { PackageVersions } from '../matrix/cells.ts';
import type { AblationPlan } from '../plan/plan-ablation.ts';
import type { Pruning } from '../pruning/pruning.ts';
import { type AblationPaths, exists } from '../run/ablation-store.ts';
import type { AblationResults } from './results.ts';

/** What was planned, and where it ran last: `ablation.json`. */
export interface PlanRecord {
  readonly name: string;
  /** The ablation file, relative to the folder of the results. */
  readonly file: string;
  /** Names of the arms, the baseline first. */
  readonly arms: readonly string[];
  readonly cells: readonly {
    readonly id: string;
    readonly arm: string;
    readonly seed: number;
    readonly trainingKey: string;
    readonly packages: PackageVersions;
    readonly experiment: Experiment;
  }[];
  readonly engines: { readonly [name: string]: string };
  /** How arms were stopped before their end; absent: none was. */
  readonly pruning?: Pruning;
  readonly machine: { readonly node: string; readonly platform: string; readonly cpu: string; readonly cores: number };
}

/** Writes what is about to be run. @throws FILE_WRITE, DISK_FULL */
export async function writePlanRecord(paths: AblationPaths, plan: AblationPlan): Promise<void> {
  const { name, file, arms, cells, engines, pruning } = plan;
  const processors = cpus();
  const record: PlanRecord = {
    ...{ name, file: path.relative(paths.root, file), arms, cells, engines, ...(pruning && { pruning }) },
    machine: {
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      cpu: processors[0]?.model ?? 'unknown',
      cores: processors.length,
    },
  };
  await writeJson(paths.plan, record);
}

/** @throws RUN_NOT_FOUND if the folder is not an ablation's; FILE_CORRUPT, FORMAT_VERSION */
export async function readPlanRecord(paths: AblationPaths): Promise<PlanRecord> {
  return (await readOf(paths, paths.plan)) as unknown as PlanRecord;
}

/** Writes `results.json`. @throws FILE_WRITE, DISK_FULL */
export async function writeResults(
  paths: Pick<AblationPaths, 'results'>,
  { arms }: Pick<AblationResults, 'arms'>,
  options: DiskOptions = {},
): Promise<void> {
  await writeJson(paths.results, { arms }, options);
}

/** @throws RUN_NOT_FOUND if the folder has no results; FILE_CORRUPT, FORMAT_VERSION */
export async function readResults(paths: AblationPaths): Promise<AblationResults> {
  return (await readOf(paths, paths.results)) as unknown as AblationResults;
}

async function readOf(paths: AblationPaths, file: string) {
  if (await exists(file)) return readJson(file);
  refuseInterrupted(paths.root);
  throw new ForetokenError(
    'RUN_NOT_FOUND',
    `${paths.root} holds no finished ablation (no ${path.basename(file)}). Run "foretoken ablate" first.`,
  );
}
