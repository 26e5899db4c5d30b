// B rows, T positions, N = B*T rows of a batch, E readout input width, V vocabulary.
import type { Readout } from '@foretoken/engine';
import * as reference from '@foretoken/engine/reference';
import { offsetOfTerm } from '../../contracts/term.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel } from './head-case.ts';
import { type HostTensor, toHost } from './run-head.ts';
import { lossOf, readObjectives } from './small-step.ts';

/** Largest relative difference between a loss in float32 and the same one in float64. */
const TOLERANCE = 1e-4;

/** Weightings, reports and the evals take a term named `offset-i` for what offset i is measured by. */
export const scoresItsTarget: HeadCheck = {
  title: 'has, as loss `offset-i`, the cross-entropy of offset i against the token i ahead',
  run(head) {
    const model = buildSmallModel(head);
    try {
      const wrong = readObjectives(model, (objectives, { offsets }, { targets }) => {
        for (const objective of objectives) {
          const offset = offsetOfTerm(objective.name);
          const made = offset === undefined ? undefined : offsets.get(offset);
          if (offset === undefined || !made) continue;
          const expected = crossEntropy(toHost(made.hidden_BTE), model.readout(offset), targets.target(offset));
          const got = lossOf(model, objective);
          if (Math.abs(got - expected) <= TOLERANCE * Math.max(1, expected)) continue;
          return (
            `loss "${objective.name}" is ${got}, but the cross-entropy of what offset ${offset} predicts, against the ` +
            `tokens ${offset} ahead, is ${expected}. Take \`seen.rows(${offset})\` with the rows of ` +
            `\`seen.offset(${offset}).hidden_BTE\` in their order, or give a loss of another kind another name.`
          );
        }
        return undefined;
      });
      if (wrong) throw broken(head, wrong);
    } finally {
      model.dispose();
    }
  },
};

/**
 * Mean cross-entropy of hidden states against targets, in float64 from the definition.
 * @param target_N - token ids; those below 0, or outside the readout's vocabulary, are left out
 */
export function crossEntropy({ values, shape }: HostTensor, readout: Readout, target_N: Int32Array): number {
  const [B, T, E] = shape;
  const host = (tensor: Readout['weight_EV'] | Readout['gain_E']) =>
    tensor && { shape: tensor.shape, values: Float64Array.from(tensor.dataSync()) };
  const { weight_EV, gain_E, bias_V, tokens_V } = readout;
  const hidden_NE = { shape: [B * T, E], values: Float64Array.from(values) };
  const logits_NV = reference.readoutLogits(hidden_NE, host(weight_EV)!, host(gain_E), host(bias_V));
  const row_N = tokens_V ? target_N.map((token) => tokens_V.indexOf(token)) : target_N;
  const loss_N = reference.crossEntropy(logits_NV, row_N);
  const numValid = target_N.filter((token) => token >= 0).length;
  return numValid === 0 ? 0 : loss_N.values.reduce((sum, loss) => sum + loss, 0) / numValid;
}
