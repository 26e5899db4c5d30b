import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import type { StoredTensor } from '../checkpoints/safetensors.ts';
import { FORMAT_VERSION } from '../files/format-version.ts';
import { runPaths } from '../training/run-directory.ts';
import type { Experiment } from './experiment.ts';

/** What stands in the folder of a run, as far as an attached head reads it. */
export interface WrittenRun {
  readonly experiment: Pick<Experiment, 'model'> & { readonly data: Pick<Experiment['data'], 'tokenizer'> };
  readonly tensors?: ReadonlyMap<string, StoredTensor>;
  /** Default true. */
  readonly isFinished?: boolean;
}

/** Writes a run with one checkpoint. @returns the checkpoint's file */
export async function writeRun(
  folder: string,
  { experiment, tensors, isFinished = true }: WrittenRun,
): Promise<string> {
  const paths = runPaths(folder);
  const write = (file: string, value: object) =>
    writeFileSync(file, JSON.stringify({ formatVersion: FORMAT_VERSION, ...value }));
  mkdirSync(folder, { recursive: true });
  write(paths.experiment, experiment);
  const store = await CheckpointStore.open(paths.checkpoints, { configHash: 'any' });
  const weight: StoredTensor = { dtype: 'F32', shape: [1], data: Float32Array.of(1) };
  const { path: file } = await store.save({ step: 3, tensors: tensors ?? new Map([['model/a', weight]]), state: null });
  if (isFinished) write(paths.summary, { checkpoint: path.relative(folder, file) });
  return file;
}
