import { createNodes, type Tensor, tf } from '@foretoken/engine';
import type { LanguageModel } from '../../contracts/model.ts';
import type { TrainableModel } from '../../model/build-model.ts';
import { type ForwardResult, forwardOffsets } from '../../model/forward.ts';
import { createRandom } from '../../random/random.ts';
import { broken } from '../contract.ts';
import { withReference } from '../reference/reference-measure.ts';
import { compareGradients, groupWeights, type Measure, nudging } from './finite-differences.ts';
import { FrozenStops } from './frozen-stops.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel } from './head-case.ts';
import { runHead } from './run-head.ts';
import { smallText } from './small-text.ts';

const trunkTogether = (name: string) => (name.startsWith('trunk/') ? 'the trunk’s weights' : undefined);
const eachByItself = () => undefined;

/** Each of the head's weights by itself, the trunk's together; each of the trunk's, where it is the trunk that is checked. */
export const gradientsAreRight: HeadCheck = {
  title: 'has hidden states whose gradients agree with finite differences',
  run(head) {
    const stops = new FrozenStops(head.engine.ops);
    const model = buildSmallModel(head, { engine: { ...head.engine, ops: stops.ops } });
    try {
      const wrong = withReference(head, hiddenProbe, (reference) =>
        compareHiddenGradients(
          model,
          (run) => stops.run(run),
          reference,
          head.shownBy === undefined ? trunkTogether : eachByItself,
        ),
      );
      if (wrong) throw broken(head, wrong);
    } finally {
      model.dispose();
    }
  },
};

/**
 * Compares the gradients of all hidden states with finite differences.
 * @param around - what each run is wrapped in
 * @param measure - {@link hiddenProbe} by another way than the model's own forward
 * @param together - which weights are moved together, as {@link groupWeights} takes it
 * @returns the first disagreement as a sentence; undefined if there is none
 */
export function compareHiddenGradients(
  model: TrainableModel,
  around: <T>(run: () => T) => T = (run) => run(),
  measure: Measure = nudging(model, () => around(() => hiddenProbe(model))),
  together: (name: string) => string | undefined = trunkTogether,
): string | undefined {
  around(() => hiddenProbe(model));
  const gradients = around(() => backward(model));
  const groups = groupWeights(model, together);
  return compareGradients(model, groups, { gradients, measure, scale: 0.1 });
}

/** One number that depends on every hidden state: their sum under fixed random weights. */
function hiddenProbe(model: LanguageModel): number {
  return runHead(model, ({ offsets }: ForwardResult) => {
    let sum = 0;
    for (const [offset, { hidden_BTE }] of offsets) {
      const values = hidden_BTE.dataSync();
      probeOf(offset, values.length).forEach((weight, i) => {
        sum += weight * values[i];
      });
    }
    return sum;
  });
}

function probeOf(offset: number, size: number): Float32Array {
  const random = createRandom(5, `contract/probe/${offset}`);
  return Float32Array.from({ length: size }, () => random.normal());
}

/** Gradient of {@link hiddenProbe} at every weight, on the host. */
function backward(model: TrainableModel): ReadonlyMap<string, Float32Array> {
  const tokens = smallText(model.dims.maxOffset);
  const at = createNodes(tokens);
  const random = createRandom(4, 'contract/batch');
  const recording = model.engine.record(() =>
    [...forwardOffsets(model, { tokens, at, random }, model.offsets).offsets].map(([offset, made]) => ({
      offset,
      hidden: made.hidden_BTE as Tensor,
    })),
  );
  const seeds = recording.outputs.map(({ offset, hidden }) => ({
    at: hidden,
    gradient: tf.tensor(probeOf(offset, hidden.size), hidden.shape),
  }));
  try {
    const found = recording.backward(seeds, [...model.parameters.values()]);
    const gradients = new Map<string, Float32Array>();
    for (const [i, name] of [...model.parameters.keys()].entries()) {
      if (found[i]) gradients.set(name, Float32Array.from(found[i].dataSync()));
      found[i]?.dispose();
    }
    return gradients;
  } finally {
    for (const { gradient } of seeds) gradient.dispose();
    recording.dispose();
    at.dispose();
  }
}
