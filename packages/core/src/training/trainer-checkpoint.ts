import type { Checkpoint, CheckpointEntry, CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import type { StoredTensor } from '../checkpoints/safetensors.ts';
import type { Json } from '../contracts/json.ts';
import type { TrainableModel } from '../model/build-model.ts';
import { type RunState, runStateIn } from './saved-state.ts';
import { savedTensor } from './saved-tensor.ts';
import type { Trainer } from './trainer.ts';

/** Saves weights, moments and counters, durably. */
export async function saveTrainer(
  store: CheckpointStore,
  trainer: Trainer,
  { score, ...place }: Omit<RunState, 'trainer'> & { readonly score?: number },
): Promise<CheckpointEntry> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of trainer.tensors()) {
    // The cpu backend hands out its live buffer: a copy stays what it was while it is written.
    const data = ((await tensor.data()) as Float32Array).slice();
    tensors.set(name, { dtype: 'F32', shape: tensor.shape, data });
  }
  const state: RunState = { trainer: trainer.state(), ...place };
  return store.save({ step: trainer.step, tensors, state: state as unknown as Json, score });
}

/**
 * Puts a trainer back to where a checkpoint left it; one that is refused leaves it as it is.
 * @returns where the run was
 * @throws FILE_CORRUPT, CHECKPOINT_MISMATCH for a checkpoint that it cannot go on from
 */
export function restoreTrainer(trainer: Trainer, checkpoint: Checkpoint): Omit<RunState, 'trainer'> {
  const state = runStateIn(checkpoint, trainer.parts);
  trainer.restore(state.trainer, (name) => savedTensor(checkpoint, name));
  return state;
}

/** Puts a checkpoint's weights into a model; moments and counters are left alone. @throws CHECKPOINT_MISMATCH, FILE_CORRUPT */
export function restoreModel(model: TrainableModel, checkpoint: Checkpoint): void {
  for (const name of model.parameters.keys()) model.store.replace(name, savedTensor(checkpoint, `model/${name}`));
}
