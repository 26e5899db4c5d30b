import path from 'node:path';
import { type Experiment, readJson } from '@foretoken/core';
import { readRunExperiment, runPaths } from '@foretoken/core/training';

/** A run on disk: what it was made of, and where its relative paths start. */
export interface RunFolder {
  readonly directory: string;
  readonly experiment: Experiment;
  readonly baseDirectory: string;
}

/**
 * Opens the folder of a run, wherever it has been moved with the folder of its configuration.
 *
 * @throws RUN_NOT_FOUND, FILE_CORRUPT, FORMAT_VERSION
 */
export async function readRun(folder: string): Promise<RunFolder> {
  const directory = path.resolve(folder);
  const experiment = await readRunExperiment(directory);
  const { baseDirectory } = await readJson(runPaths(directory).provenance);
  return { directory, experiment, baseDirectory: path.resolve(directory, String(baseDirectory)) };
}
