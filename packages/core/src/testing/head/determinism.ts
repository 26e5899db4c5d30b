import type { LanguageModel } from '../../contracts/model.ts';
import { joint } from '../../training/backward/joint.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { offsetsOf } from './run-head.ts';
import { trainingStep } from './training-step.ts';

/** Resume to the bit and paired comparisons rest on this. */
export const bitsRepeat: HeadCheck = {
  title: 'gives the same bits for the same seed and text',
  run(head) {
    const first = fingerprint(head, 2);
    const second = fingerprint(head, 1);
    for (const [what, bits] of first[0]) {
      if (first[1].get(what) !== bits) throw broken(head, `a second step of one model gave other ${what}. ${MEND}`);
      if (second[0].get(what) !== bits) {
        throw broken(head, `a second model of one seed has other ${what}. ${MEND}`);
      }
    }
  },
};

const MEND =
  'Draw from `batch.random` and let `param` make what is random at the start; keep nothing from one call to the next.';

/** Bits of what a step of one model gives, by what they are; once per step. */
function fingerprint(head: HeadCase, steps: number): ReadonlyMap<string, string>[] {
  const model = buildSmallModel(head);
  try {
    return Array.from({ length: steps }, () => stepBits(model));
  } finally {
    model.dispose();
  }
}

function stepBits(model: LanguageModel): ReadonlyMap<string, string> {
  const offsets = [...offsetsOf(model)];
  const { losses, gradients } = trainingStep(model, joint);
  return new Map([
    ['weights', [...model.parameters].map(([name, weight]) => `${name} ${weight.dataSync().join()}`).join('\n')],
    ['hidden states', offsets.map(([i, { hidden, carry }]) => `${i} ${hidden.values} ${carry.values}`).join('\n')],
    ['losses', [...losses].map(([name, loss]) => `${name} ${loss}`).join('\n')],
    ['gradients', [...gradients].map(([name, gradient]) => `${name} ${gradient}`).join('\n')],
  ]);
}
