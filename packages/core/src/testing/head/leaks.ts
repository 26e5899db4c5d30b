import { createNodes, type Tensor } from '@foretoken/engine';
import { forwardOffsets } from '../../model/forward.ts';
import { createRandom } from '../../random/random.ts';
import { joint } from '../../training/backward/joint.ts';
import { sequential } from '../../training/backward/sequential.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { runHead } from './run-head.ts';
import { smallText } from './small-text.ts';
import { trainingStep } from './training-step.ts';

/** One tensor a step fills the memory of a long run. */
export const freesItsTensors: HeadCheck = {
  title: 'frees every tensor that it makes',
  run(head) {
    const { engine } = head;
    const before = engine.memory().numTensors;
    const model = buildSmallModel(head);
    const built = engine.memory().numTensors;
    const expectNone = (what: string, since: number) => {
      const left = engine.memory().numTensors - since;
      if (left !== 0)
        throw broken(
          head,
          `${left} tensors were left after ${what}. Keep none: the framework frees the scope of every hook.`,
        );
    };
    try {
      expectNone(`its weights were made (only \`param\` may make them)`, before + model.parameters.size);
      for (let i = 0; i < 3; i++) runHead(model, () => undefined);
      expectNone('three forwards', built);
      backward(head, model);
      expectNone('a forward and a backward', built);
      for (const way of [joint, sequential]) trainingStep(model, way);
      expectNone('two training steps', built);
    } finally {
      model.dispose();
    }
    expectNone('the model was disposed', before);
  },
};

function backward(head: HeadCase, model: ReturnType<typeof buildSmallModel>): void {
  const tokens = smallText(model.dims.maxOffset);
  const at = createNodes(tokens);
  const random = createRandom(4, 'contract/batch');
  const recording = head.engine.record(() =>
    [...forwardOffsets(model, { tokens, at, random }, model.offsets).offsets.values()].map((made) => made.hidden_BTE),
  );
  const ones = recording.outputs.map((hidden) => ({
    at: hidden as Tensor,
    gradient: head.engine.ops.ones(hidden.shape),
  }));
  try {
    const gradients = recording.backward(ones, [...model.parameters.values()]);
    for (const gradient of gradients) gradient?.dispose();
  } finally {
    for (const { gradient } of ones) gradient.dispose();
    recording.dispose();
    at.dispose();
  }
}
