import type { Json } from '@foretoken/core';
import type { PrunedAt } from '../pruning/pruning.ts';
import type { Measured } from '../run/cell-record.ts';

/** One cell of an arm: a seed. */
export type CellResults = {
  readonly id: string;
  readonly seed: number;
} & (
  | { readonly status: 'done'; readonly results: Measured; readonly timings: Measured }
  /** Stopped before its end: there is nothing measured. */
  | { readonly status: 'pruned'; readonly pruned: PrunedAt }
  | { readonly status: 'failed'; readonly error: { readonly code: string; readonly message: string } }
);

/** One arm over all its seeds. */
export interface ArmResults {
  readonly name: string;
  /** The values of each seed. */
  readonly cells: readonly CellResults[];
  /** Means over the finished seeds, by eval, with the training's own facts under `training`; see `meanOf`. */
  readonly results: Measured;
  /** The same of what the machine had a say in. */
  readonly timings: Measured;
  /** Every decoded output equalled greedy's; true for an arm without drafts, false where nothing shows it. */
  readonly lossless: boolean;
  /** Why nobody gets its `results` again, in words; absent where they are a function of the plan. */
  readonly notReproducible?: string;
}

/** `results.json`. */
export interface AblationResults {
  /** The baseline is the first. */
  readonly arms: readonly ArmResults[];
}

/** One step after the other into a value; undefined where there is nothing. */
export function dig(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>((current, key) => {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    return (current as { readonly [key: string]: Json })[key];
  }, value);
}

/** The number at a path, or undefined. */
export function digNumber(value: Json | undefined, ...path: readonly (string | number)[]): number | undefined {
  const found = dig(value, ...path);
  return typeof found === 'number' ? found : undefined;
}
