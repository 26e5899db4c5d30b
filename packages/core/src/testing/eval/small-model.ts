// D width.
import type { Engine, Tensor2D } from '@foretoken/engine';
import { Type } from 'typebox';
import type { MeasuredModel } from '../../contracts/model.ts';
import { measuredModel } from '../../evaluation/measured-model.ts';
import { buildModel } from '../../model/build-model.ts';
import { defineHead } from '../../plugins/define.ts';
import { smallTrunk } from '../head/small-trunk.ts';

/** One matrix for each of the offsets that a script names. */
const smallHead = defineHead({
  name: 'small',
  options: Type.Object({ offsets: Type.Array(Type.Integer({ minimum: 1 })) }),
  create({ ops, param, dims: { width } }, { offsets }) {
    const weights_DD = new Map(
      offsets.map((offset) => [offset, param<Tensor2D>(`weights.${offset}`, [width, width], { kind: 'identity' })]),
    );
    return { offsets, forward: (offset, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, weights_DD.get(offset)!) };
  },
});

/** What a script says of its model. */
export type ScriptedSizes = Pick<MeasuredModel, 'offsets'> & {
  readonly dims: Pick<MeasuredModel['dims'], 'context' | 'maxOffset' | 'vocabulary'>;
};

/**
 * Makes the models of scripted subjects: real ones of the scripts' sizes, with weights, readouts and the engine's operations.
 *
 * Text, losses and decoding follow the script and not the model: what an eval reads in the model itself is all there, as a
 * fresh model has it. Subjects of the same sizes share one, which lives as long as the process; one whose weights an eval
 * freed is made anew.
 *
 * @param engine - carries the weights
 */
export function smallModels(engine: Engine): (sizes: ScriptedSizes) => MeasuredModel {
  const made = new Map<string, MeasuredModel>();
  return ({ offsets, dims: { context, maxOffset, vocabulary } }) => {
    const key = JSON.stringify([offsets, context, maxOffset, vocabulary]);
    const found = made.get(key);
    if (found && freedWeight(found) === undefined) return found;
    const horizon = offsets[offsets.length - 1];
    const model = buildModel({
      ...{ engine, vocabulary, trunk: smallTrunk, head: smallHead },
      experiment: {
        seed: 1,
        data: { context, dataset: { name: 'none' }, tokenizer: { name: 'none' } },
        model: {
          trunk: { name: smallTrunk.name, layers: 1 },
          head: { name: smallHead.name, horizon, offsets },
          ...{ readout: 'shared', match: 'none', maxOffset: Math.max(maxOffset, horizon) },
        },
      },
    });
    made.set(key, measuredModel(model));
    return made.get(key)!;
  };
}

/** Name of a weight that is no more. */
export const freedWeight = ({ parameters }: MeasuredModel): string | undefined =>
  [...parameters].find(([, weight]) => weight.isDisposed)?.[0];
