// B rows, T positions, D width.
import type { Tensor, Tensor3D } from '@foretoken/engine';
import type { LanguageModel } from '../../contracts/model.ts';
import { forwardOffsets } from '../../model/forward.ts';
import { broken } from '../contract.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel } from './head-case.ts';
import { withForward } from './run-head.ts';
import { withStepBatch } from './small-step.ts';

/** A trunk that starts at zero, or whose residual stream vanishes, must not end a run: 0/0 spreads to every weight. */
export const finiteAtZero: HeadCheck = {
  title: 'gives finite hidden states and finite gradients where the trunk’s states are all zero',
  run(head) {
    const model = buildSmallModel(head);
    try {
      const bad = firstNotFinite(model);
      if (!bad) return;
      throw broken(
        head,
        `${bad} is not finite where the trunk’s states are all zero. Add a small constant under the division, root or ` +
          'logarithm, as `ops.rmsNorm` does.',
      );
    } finally {
      model.dispose();
    }
  },
};

/** What is not finite on a trunk of zeros: an offset, or else the gradient of a weight. */
function firstNotFinite(model: LanguageModel): string | undefined {
  const { engine } = model;
  const zeroed = withZeros(model);
  return withStepBatch(model, ({ input }) => {
    const recording = engine.record(() =>
      [...forwardOffsets(zeroed, input, model.offsets).offsets].map(([offset, made]) => ({ offset, ...made })),
    );
    const seeds = recording.outputs.map(({ hidden_BTE }) => ({
      at: hidden_BTE as Tensor,
      gradient: engine.ops.ones(hidden_BTE.shape),
    }));
    try {
      const made = recording.outputs.find(({ hidden_BTE, carry_BTC }) => !areFinite([hidden_BTE, carry_BTC]));
      if (made) return `offset ${made.offset}`;
      const weights = [...model.parameters];
      const found = recording.backward(
        seeds,
        weights.map(([, weight]) => weight),
      );
      const bad = weights.find((_, i) => found[i] && !areFinite([found[i]]));
      for (const gradient of found) gradient?.dispose();
      return bad && `the gradient of weight "${bad[0]}"`;
    } finally {
      for (const { gradient } of seeds) gradient.dispose();
      recording.dispose();
    }
  });
}

function withZeros(model: LanguageModel): LanguageModel {
  const { ops } = model.engine;
  return withForward(model, (offset, input) => {
    const zeros = input.trunk.map((state_BTD) => ops.mul(state_BTD, 0)) as [Tensor3D, ...Tensor3D[]];
    return model.head.forward(offset, { ...input, trunk: zeros });
  });
}

function areFinite(tensors: readonly Tensor[]): boolean {
  return tensors.every((tensor) => tensor.dataSync().every((value: number) => Number.isFinite(value)));
}
