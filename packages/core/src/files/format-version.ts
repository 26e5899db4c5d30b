import { basename, dirname } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { quoted } from './strict-json.ts';

/**
 * Version of every record that Foretoken writes: the folders of runs and ablations, their checkpoints, results.
 *
 * 2 since checkpoints are sealed, summaries hashed and experiments name their engine's precision; `foretoken upgrade` makes
 * version 2 of version 1. What people write themselves has a version of its own (`CONFIG_VERSION`), and so have prepared
 * tokens and locks: a change of the records breaks none of these.
 */
export const FORMAT_VERSION = 2;

/** The first version, the oldest that `foretoken upgrade` takes. */
export const OLDEST_VERSION = 1;

/**
 * Checks the `formatVersion` of something read.
 * @param wanted - the version that is read. Default: that of records
 * @throws FORMAT_VERSION naming both versions and what to do: upgrade what is older, install what wrote the newer
 */
export function checkFormatVersion(path: string, version: unknown, wanted: number = FORMAT_VERSION): void {
  if (version === wanted) return;
  throw new ForetokenError(
    'FORMAT_VERSION',
    `${path} has formatVersion ${said(version)}; this release reads ${wanted}. ${nextStep(path, version, wanted)}`,
  );
}

/**
 * The folder of the run or ablation that a record belongs to: what `foretoken upgrade` is given.
 * @param path - a file as runs and ablations have it
 */
export function recordRoot(path: string): string {
  const folder = dirname(path);
  if (['checkpoints', 'rungs'].includes(basename(folder))) return recordRoot(folder);
  return ['cells', 'trainings'].includes(basename(dirname(folder))) ? dirname(dirname(folder)) : folder;
}

/** A value of any size as a message can hold it. */
function said(version: unknown): string {
  if (version === undefined) return 'none';
  return typeof version === 'string' ? quoted(version) : JSON.stringify(version).slice(0, 100);
}

function nextStep(path: string, version: unknown, wanted: number): string {
  if (!Number.isSafeInteger(version) || Number(version) < OLDEST_VERSION) {
    return 'Restore the file: no release wrote it so.';
  }
  if (Number(version) > wanted) return 'A newer Foretoken wrote it: install foretoken@latest.';
  return `Run "foretoken upgrade ${recordRoot(path)}".`;
}
