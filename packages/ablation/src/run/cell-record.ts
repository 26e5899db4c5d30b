import { type Experiment, failedHook, isForetokenError, type Json, saidHook } from '@foretoken/core';
import { isForeign } from '../host.ts';
import type { CodeHashes } from '../identity/hash-package.ts';
import type { Cell, PackageVersions, Training } from '../matrix/cells.ts';
import type { Outcomes, TrainingFacts } from './laboratory.ts';

/** Values by eval, and those of the training under `training`. */
export type Measured = { readonly [name: string]: Json };

/** The name beside the evals' that the training's own facts have. */
export const TRAINING = 'training';

/** A finished cell, as its folder keeps it. */
export interface CellRecord {
  readonly id: string;
  readonly seed: number;
  readonly experiment: Experiment;
  readonly packages: PackageVersions;
  /** Contents of the packages. */
  readonly code: CodeHashes;
  /** Fingerprint of the engine. */
  readonly engine: string;
  readonly training: { readonly key: string };
  /** A function of the cell alone. */
  readonly results: Measured;
  /** What the machine and the moment had a say in. */
  readonly timings: Measured;
}

/** Why a cell has no results. */
export interface CellFailure {
  readonly id: string;
  /** What failed. */
  readonly task: 'train' | 'measure' | 'time';
  /** One of the table of error codes; `UNEXPECTED` for an error that has none. */
  readonly code: string;
  readonly message: string;
  /** For an error without a code of ours: where it came from. */
  readonly stack?: string;
  /** File in the folder of the ablation with what the worker wrote meanwhile. */
  readonly log?: string;
}

/**
 * The record of a cell. Whatever depends on the machine goes under `timings`: so does the memory peak, which differs
 * when a training was stopped and resumed.
 */
export function recordOf(cell: Cell, { key }: Training, facts: TrainingFacts, outcomes: Outcomes): CellRecord {
  const { parameters, layers, trunkLayers, match, steps, skippedSteps, tokens, flopsPerToken, trainingFlops } = facts;
  const { data, peakBytes, timings, isTrainingFlopsUpperBound } = facts;
  const { contentHash, trainBytes, validationBytes } = data;
  const trained = {
    ...{ parameters, layers, trunkLayers, steps, skippedSteps, tokens, trainingFlops },
    ...(isTrainingFlopsUpperBound && { isTrainingFlopsUpperBound }),
    match: { ...match },
    flopsPerToken: { ...flopsPerToken },
    data: { contentHash, trainBytes, validationBytes },
  };
  const { seconds, tokensPerSecond } = timings;
  return {
    id: cell.id,
    seed: cell.seed,
    experiment: cell.experiment,
    packages: cell.packages,
    code: cell.code,
    engine: cell.engine,
    training: { key },
    results: { [TRAINING]: trained, ...pick(outcomes, 'results') },
    timings: { [TRAINING]: { seconds, tokensPerSecond, peakBytes }, ...pick(outcomes, 'timings') },
  };
}

/** A cell whose evals were run in two parts; what the parts say of its training is the same. */
export function joinedRecord(measured: CellRecord | undefined, timed: CellRecord): CellRecord {
  if (!measured) return timed;
  return {
    ...timed,
    results: { ...measured.results, ...timed.results },
    timings: { ...measured.timings, ...timed.timings },
  };
}

/** One part of every outcome that has it. */
function pick(outcomes: Outcomes, part: 'results' | 'timings'): Measured {
  const entries = Object.entries(outcomes).flatMap(([name, outcome]) => {
    const value = outcome[part];
    return value && Object.keys(value).length > 0 ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** A failure as it is kept and shown. */
export function failureOf(task: CellFailure['task'], id: string, error: unknown): CellFailure {
  if (isForetokenError(error)) return { id, task, code: error.code, message: error.message + ofPlugin(error) };
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  return { id, task, code: 'UNEXPECTED', message, ...(stack === undefined ? {} : { stack }) };
}

/** The hook of another package that an error came out of, where its message does not say so. */
function ofPlugin(error: Error): string {
  const hook = failedHook(error) ?? failedHook(error.cause);
  if (hook === undefined || !isForeign(hook)) return '';
  const said = saidHook(hook);
  return error.message.includes(said) ? '' : ` (in ${said})`;
}
