import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tf } from '@foretoken/engine';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../../checkpoints/safetensors.ts';
import type { LanguageModel } from '../../contracts/model.ts';
import type { TrainableModel } from '../../model/build-model.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { offsetsOf } from './run-head.ts';

/** A model is its weights and its configuration: what a head keeps beside them is lost with the process. */
export const savesWhole: HeadCheck = {
  title: 'is the same to the bit after its weights were saved and read into a new model',
  async run(head) {
    const folder = await mkdtemp(join(tmpdir(), 'foretoken-head-'));
    const model = buildSmallModel(head);
    // Another seed: what follows from it and is no weight shows.
    const fresh = buildSmallModel(head, { seed: 2, isShaken: false });
    try {
      const [first, second] = ['first.safetensors', 'second.safetensors'].map((name) => join(folder, name));
      await writeSafetensors(first, weightsOf(model));
      await load(head, fresh, first);
      await writeSafetensors(second, weightsOf(fresh));
      if (!(await readFile(first)).equals(await readFile(second))) {
        throw broken(head, `its weights have other bytes after they were saved and read. ${MEND}`);
      }
      compareOutputs(head, model, fresh);
    } finally {
      model.dispose();
      fresh.dispose();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

const MEND = 'Keep every number that decides an output in a weight that `param` made, or derive it in `forward`.';

function weightsOf({ parameters }: LanguageModel): ReadonlyMap<string, StoredTensor> {
  return new Map(
    [...parameters].map(([name, weight]) => [
      name,
      { dtype: 'F32', shape: weight.shape, data: Float32Array.from(weight.dataSync()) },
    ]),
  );
}

async function load(head: HeadCase, model: TrainableModel, path: string): Promise<void> {
  const { tensors } = await readSafetensors(path);
  const [missing] = [...tensors.keys()].filter((name) => !model.parameters.has(name));
  if (missing !== undefined || tensors.size !== model.parameters.size) {
    const name = missing ?? [...model.parameters.keys()].find((one) => !tensors.has(one));
    throw broken(head, `weight "${name}" is there with one seed and not with another. Name weights after their use.`);
  }
  for (const [name, { data, shape }] of tensors) {
    model.store.replace(name, tf.tensor(Float32Array.from(data as Float32Array), [...shape]));
  }
}

function compareOutputs(head: HeadCase, model: LanguageModel, loaded: LanguageModel): void {
  const after = offsetsOf(loaded);
  for (const [offset, { hidden, carry }] of offsetsOf(model)) {
    const other = after.get(offset)!;
    const isSame = [
      [hidden.values, other.hidden.values],
      [carry.values, other.carry.values],
    ].every(([values, others]) => values.every((value, i) => value === others[i]));
    if (isSame) continue;
    throw broken(head, `offset ${offset} gives other bits after the weights were saved and read. ${MEND}`);
  }
}
