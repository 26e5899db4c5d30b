// B rows, T positions, D width.
import type { Tensor, Tensor3D } from '@foretoken/engine';
import { forwardOffsets } from '../../model/forward.ts';
import { broken, type HeadCheck } from './check.ts';
import { buildSmallModel } from './head-case.ts';
import { withForward } from './run-head.ts';
import { withStepBatch } from './small-step.ts';

/** A trunk that starts at zero, or whose residual stream vanishes, must not end a run: 0/0 spreads to every weight. */
export const finiteAtZero: HeadCheck = {
  title: 'gives finite hidden states and finite gradients where the trunk’s states are all zero',
  run(head) {
    const model = buildSmallModel(head);
    const { ops } = head.engine;
    const zeroed = withForward(model, (offset, input) => {
      const zeros = input.trunk.map((state_BTD) => ops.mul(state_BTD, 0)) as [Tensor3D, ...Tensor3D[]];
      return model.head.forward(offset, { ...input, trunk: zeros });
    });
    try {
      withStepBatch(model, ({ input }) => {
        const recording = head.engine.record(() =>
          [...forwardOffsets(zeroed, input, model.offsets).offsets].map(([offset, made]) => ({ offset, ...made })),
        );
        const seeds = recording.outputs.map(({ hidden_BTE }) => ({
          at: hidden_BTE as Tensor,
          gradient: ops.ones(hidden_BTE.shape),
        }));
        const gradients = new Map<string, Tensor | undefined>();
        try {
          for (const { offset, hidden_BTE, carry_BTC } of recording.outputs) {
            if (areFinite([hidden_BTE, carry_BTC])) continue;
            throw broken(head, `offset ${offset} is not finite where the trunk’s states are all zero. ${MEND}`);
          }
          const found = recording.backward(seeds, [...model.parameters.values()]);
          for (const [i, name] of [...model.parameters.keys()].entries()) gradients.set(name, found[i]);
          const bad = [...gradients].find(([, gradient]) => gradient && !areFinite([gradient]));
          if (!bad) return;
          throw broken(
            head,
            `the gradient of weight "${bad[0]}" is not finite where the trunk’s states are all zero. ${MEND}`,
          );
        } finally {
          for (const gradient of gradients.values()) gradient?.dispose();
          for (const { gradient } of seeds) gradient.dispose();
          recording.dispose();
        }
      });
    } finally {
      model.dispose();
    }
  },
};

const MEND = 'Add a small constant under the division, root or logarithm, as `ops.rmsNorm` does.';

function areFinite(tensors: readonly Tensor[]): boolean {
  return tensors.every((tensor) => tensor.dataSync().every((value: number) => Number.isFinite(value)));
}
