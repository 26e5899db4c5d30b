import type { LanguageModel } from '../../contracts/model.ts';
import type { Trunk } from '../../contracts/trunk.ts';
import { type Guard, leavingInputsAlone, ofNodes } from '../head/inputs.ts';

/** Embedded tokens go to heads as well, and nodes to all. */
export const leavesInputsAlone = leavingInputsAlone((model, guard) => ({ ...model, trunk: watched(model, guard) }));

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
