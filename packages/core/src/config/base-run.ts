import { existsSync } from 'node:fs';
import path from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { readCheckpointIdentity } from '../checkpoints/checkpoint-identity.ts';
import { readRecordSync } from '../files/json-file.ts';
import { runPaths } from '../training/run-directory.ts';
import { refuseInterrupted } from '../upgrade/interrupted-upgrade.ts';
import { malformedBase } from './base-form.ts';
import type { BaseRun, Experiment } from './experiment.ts';

/**
 * What a finished run brings to an experiment whose head is attached to it.
 * @param run - the run's folder as the configuration names it
 * @param directory - where it is
 * @throws RUN_NOT_FOUND, RUN_UNFINISHED, FILE_READ, FILE_CORRUPT, FORMAT_VERSION
 */
export function readBaseRun(run: string, directory: string): BaseRun {
  const { experiment } = runPaths(directory);
  if (!existsSync(experiment)) {
    refuseInterrupted(directory);
    throw new ForetokenError(
      'RUN_NOT_FOUND',
      `there is no run in ${directory} (no experiment.json). Name the folder of a finished run, from this file's folder.`,
    );
  }
  const { model, data } = readRecordSync(experiment) as unknown as Experiment;
  const malformed = malformedBase(model, data?.tokenizer);
  if (malformed)
    throw new ForetokenError(
      'FILE_CORRUPT',
      `${experiment} is no saved experiment: ${malformed}. Restore it, or name another run.`,
    );
  const sha256 = readCheckpointIdentity(lastCheckpoint(directory));
  return { run, sha256, model, tokenizer: data.tokenizer };
}

/**
 * The last checkpoint of a finished run.
 * @throws RUN_UNFINISHED, FILE_READ, FILE_CORRUPT, FORMAT_VERSION
 */
export function lastCheckpoint(directory: string): string {
  const { summary, checkpoints } = runPaths(directory);
  if (!existsSync(summary)) {
    throw new ForetokenError(
      'RUN_UNFINISHED',
      `the run in ${directory} is not finished (no summary.json). Go on with it (--resume) to its end first.`,
    );
  }
  const { checkpoint } = readRecordSync(summary);
  if (typeof checkpoint !== 'string')
    throw new ForetokenError('FILE_CORRUPT', `${summary} names no checkpoint. Restore it, or name another run.`);
  // By its name alone: the record may have been written where folders are joined by a backslash.
  return path.join(checkpoints, checkpoint.split(/[\\/]/).at(-1) as string);
}
