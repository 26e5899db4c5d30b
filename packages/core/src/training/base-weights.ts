import path from 'node:path';
import { tf } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import { type Checkpoint, loadCheckpoint } from '../checkpoints/checkpoint-store.ts';
import { lastCheckpoint, readBaseRun } from '../config/base-run.ts';
import type { BaseRun } from '../config/experiment.ts';
import { baseHeadPlace } from '../model/attached-trunk.ts';
import type { TrainableModel } from '../model/build-model.ts';
import { savedTensor } from './saved-tensor.ts';

/**
 * Starts a model from the last checkpoint of its base run: trunk, offset 1 of the base's head, and offset 1's readout.
 * Everything else keeps its fresh weights; what starts as a copy of one of those follows it.
 *
 * @param baseDirectory - folder that the run's path starts from
 * @throws RUN_MISMATCH if the checkpoint is not the one that the experiment was resolved with
 * @throws CONFIG_CONFLICT if the run lacks weights that its trunk or offset 1 of its head have, or has them in other shapes
 * @throws RUN_NOT_FOUND, RUN_UNFINISHED, FILE_READ, FILE_CORRUPT, FORMAT_VERSION
 */
export async function startFromBase(model: TrainableModel, base: BaseRun, baseDirectory: string): Promise<void> {
  const directory = path.resolve(baseDirectory, base.run);
  const { sha256 } = readBaseRun(base.run, directory);
  if (sha256 !== base.sha256) {
    throw new ForetokenError(
      'RUN_MISMATCH',
      `the base run in ${directory} has another checkpoint (${sha256}) than this experiment was resolved with ` +
        `(${base.sha256}). Restore it, or start a new run.`,
    );
  }
  const file = lastCheckpoint(directory);
  const checkpoint = await loadCheckpoint(file);
  const sources = sourcesOf(model, base);
  refuseOthers(model, sources, checkpoint, base);
  const values = [...sources].map(([name, source]) => [name, savedTensor(checkpoint, source)] as const);
  model.store.start(new Map(values));
}

/** Names of a model's weights that its base run has, with their names in that run's checkpoint. */
function sourcesOf(model: TrainableModel, base: BaseRun): ReadonlyMap<string, string> {
  const head = `trunk/${baseHeadPlace(base.model)}/`;
  const sources = new Map<string, string>();
  for (const name of model.parameters.keys()) {
    if (name.startsWith(head)) sources.set(name, `model/head/${name.slice(head.length)}`);
    else if (name.startsWith('trunk/') || name.startsWith('readout/')) sources.set(name, `model/${name}`);
  }
  return sources;
}

function refuseOthers(
  model: TrainableModel,
  sources: ReadonlyMap<string, string>,
  { path: file, tensors }: Checkpoint,
  { model: { head } }: BaseRun,
): void {
  const wrong = [...sources].flatMap(([name, source]) => {
    const wanted = model.parameters.get(name)!.shape;
    const stored = tensors.get(source);
    if (stored && tf.util.arraysEqual([...stored.shape], wanted)) return [];
    return `${source} [${wanted}]${stored ? ` (there it is [${stored.shape}])` : ''}`;
  });
  if (wrong.length === 0) return;
  throw new ForetokenError(
    'CONFIG_CONFLICT',
    `the base run's trunk and offset 1 of its head "${head.name}" cannot be taken by themselves: they would have ` +
      `${wrong.join(', ')}, which ${file} has not. Attach to a run of horizon 1, or to one with another head.`,
  );
}
