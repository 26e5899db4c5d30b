import { type Tensor, tf } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Checkpoint, CheckpointEntry, CheckpointStore } from '../checkpoints/checkpoint-store.ts';
import type { StoredTensor } from '../checkpoints/safetensors.ts';
import type { Json } from '../contracts/json.ts';
import type { TrainableModel } from '../model/build-model.ts';
import type { Trainer, TrainerState } from './trainer.ts';

/** What a checkpoint of a run holds beside tensors. */
export interface RunState {
  readonly trainer: TrainerState;
  /** Windows consumed so far: the place in the training order. */
  readonly cursor: number;
  /** Seconds of the steps so far, of a training that ends by them. */
  readonly seconds?: number;
}

/** Saves weights, moments and counters, durably. */
export async function saveTrainer(
  store: CheckpointStore,
  trainer: Trainer,
  { score, ...place }: Omit<RunState, 'trainer'> & { readonly score?: number },
): Promise<CheckpointEntry> {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of trainer.tensors()) {
    // The cpu backend hands out its live buffer: a copy stays what it was while it is written.
    const data = Float32Array.from((await tensor.data()) as Float32Array);
    tensors.set(name, { dtype: 'F32', shape: tensor.shape, data });
  }
  const state: RunState = { trainer: trainer.state(), ...place };
  return store.save({ step: trainer.step, tensors, state: state as unknown as Json, score });
}

/** Puts a trainer back to where a checkpoint left it. @returns where the run was */
export function restoreTrainer(trainer: Trainer, checkpoint: Checkpoint): Omit<RunState, 'trainer'> {
  const state = checkpoint.state as unknown as RunState;
  trainer.restore(state.trainer, (name) => tensorOf(checkpoint, name));
  return state;
}

/** Puts a checkpoint's weights into a model; moments and counters are left alone. */
export function restoreModel(model: TrainableModel, checkpoint: Checkpoint): void {
  for (const name of model.parameters.keys()) model.store.replace(name, tensorOf(checkpoint, `model/${name}`));
}

function tensorOf(checkpoint: Checkpoint, name: string): Tensor {
  const stored = checkpoint.tensors.get(name);
  if (!stored) {
    throw new ForetokenError(
      'CHECKPOINT_MISMATCH',
      `${checkpoint.path} has no tensor "${name}". Use a checkpoint of this configuration.`,
    );
  }
  return tf.tensor(Float32Array.from(stored.data as Float32Array), [...stored.shape], 'float32');
}
