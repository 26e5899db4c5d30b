import { ForetokenError } from '@foretoken/engine/errors';
import { readJson } from '../files/json-file.ts';
import { readMetrics } from './metrics-rows.ts';
import type { RunPaths } from './run-directory.ts';

/** What a training's own validation gave on the way. */
export interface HeldOutLoss {
  /** Steps finished then. */
  readonly step: number;
  /** Of the whole training. */
  readonly steps: number;
  /** Mean of the first held-out windows at offset 1, per token; null where it was not finite. */
  readonly nats: number | null;
  /** Hash of the contents of the data: losses on other contents are no losses to compare with. */
  readonly dataHash: string;
}

/**
 * The held-out loss that a run wrote down at a step.
 * @throws FILE_CORRUPT if its metrics have none; as {@link readMetrics}
 */
export async function readHeldOutLoss(
  paths: RunPaths,
  { step, steps }: Pick<HeldOutLoss, 'step' | 'steps'>,
): Promise<HeldOutLoss> {
  const row = (await readMetrics(paths)).find((one) => one.step === step);
  const { losses } = (row?.validation ?? {}) as { readonly losses?: readonly (number | null)[] };
  const nats = Array.isArray(losses) ? losses[0] : undefined;
  if (nats === null || typeof nats === 'number') {
    const { contentHash } = await readJson(paths.manifest);
    return { step, steps, nats, dataHash: String(contentHash) };
  }
  throw new ForetokenError(
    'FILE_CORRUPT',
    `${paths.metrics} has no held-out loss of step ${step}, which the run went past. Restore it, or remove the folder to train anew.`,
  );
}
