import type { LanguageModel } from '../../contracts/model.ts';
import type { Trunk } from '../../contracts/trunk.ts';
import { joint } from '../../training/backward/joint.ts';
import type { HeadCheck } from '../head/check.ts';
import { buildSmallModel } from '../head/head-case.ts';
import { type Guard, guardOf, ofNodes } from '../head/inputs.ts';
import { trainingStep } from '../head/training-step.ts';

/** Embedded tokens go to heads as well, nodes to all, and a weight moves by the optimizer's hand alone. */
export const leavesInputsAlone: HeadCheck = {
  title: 'does not write into the tensors that it is given',
  run(head) {
    const model = buildSmallModel(head);
    try {
      const weights = () => [...model.parameters.values()];
      const guard = guardOf(head);
      guard('its weights', weights, () => trainingStep({ ...model, trunk: watched(model, guard) }, joint));
    } finally {
      model.dispose();
    }
  },
};

function watched({ trunk }: LanguageModel, guard: Guard): Trunk {
  return {
    embed: (tokens_BT) =>
      guard(
        'embed',
        () => [tokens_BT],
        () => trunk.embed(tokens_BT),
      ),
    forward: (x_BTD, at, memory, taps) =>
      guard(
        'forward',
        () => [x_BTD, ...ofNodes(at)],
        () => trunk.forward(x_BTD, at, memory, taps),
      ),
  };
}
