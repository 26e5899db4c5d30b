// D width, F inner width, N rows.
import { shapeMismatch } from '../errors.ts';
import type { Tensor, Tensor2D } from '../tensor.ts';
import { tf } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import { alias, tfjsEngine } from '../tfjs/internals.ts';
import { tidyTensor } from '../tfjs/scopes.ts';
import type { Kernels } from './kernels.ts';
import { asRows, checkLinear, checkResidual, inputGradient, weightGradient } from './linear.ts';

/** Weights of a gated MLP. */
export interface GatedMlpWeights {
  readonly gate_DF: Tensor2D;
  readonly up_DF: Tensor2D;
  readonly down_FD: Tensor2D;
}

function checkWeights(x: Tensor, { gate_DF, up_DF, down_FD }: GatedMlpWeights): void {
  checkLinear('gatedMlp', x, gate_DF);
  const [D, F] = gate_DF.shape;
  if (tf.util.arraysEqual(up_DF.shape, [D, F]) && tf.util.arraysEqual(down_FD.shape, [F, D])) return;
  throw shapeMismatch(
    'gatedMlp',
    `up [${D},${F}] and down [${F},${D}] beside gate [${D},${F}]`,
    `up [${up_DF.shape}] and down [${down_FD.shape}]`,
  );
}

/** {@link Kernels.gatedMlp} by way of three linears. */
export const gatedMlpBy =
  ({ linear, gated }: Pick<Kernels, 'linear' | 'gated'>): Kernels['gatedMlp'] =>
  (x_D, gate_DF, up_DF, down_FD, residual) =>
    linear(gated(linear(x_D, gate_DF), linear(x_D, up_DF)), down_FD, { residual });

/** SwiGLU: (silu(x Wgate) * (x Wup)) Wdown (+ residual). Keeps the two inner products for its gradient and recomputes the rest. */
export function gatedMlp<T extends Tensor>(
  kernels: Kernels,
  x_D: T,
  weights: GatedMlpWeights,
  { residual }: { residual?: T } = {},
): T {
  checkWeights(x_D, weights);
  checkResidual('gatedMlp', residual, x_D.shape);
  if (!tfjsEngine().isTapeOn()) {
    const { gate_DF, up_DF, down_FD } = weights;
    return tidyTensor(() => kernels.gatedMlp(x_D, gate_DF, up_DF, down_FD, residual) as T);
  }
  const residuals = residual === undefined ? [] : [residual];
  return differentiable<T>(
    'gatedMlp',
    [x_D, weights.gate_DF, weights.up_DF, weights.down_FD, ...residuals],
    (save) => {
      const gate_F = kernels.linear(x_D, weights.gate_DF);
      const up_F = kernels.linear(x_D, weights.up_DF);
      for (const tensor of [x_D, weights.gate_DF, weights.up_DF, weights.down_FD, gate_F, up_F]) save(tensor);
      return kernels.linear(kernels.gated(gate_F, up_F), weights.down_FD, { residual }) as T;
    },
    (dy, [x, gateWeight_DF, upWeight_DF, downWeight_FD, gate_F, up_F], needs) => {
      const dy_ND = asRows(dy);
      const dInner_NF = inputGradient(kernels, dy_ND, downWeight_FD);
      const [dGate_NF, dUp_NF, inner_NF] = kernels.gatedGradients(dInner_NF, asRows(gate_F), asRows(up_F));
      const x_ND = asRows(x);
      const dx = () =>
        kernels.product(dUp_NF, upWeight_DF, {
          transposeB: true,
          residual_MN: inputGradient(kernels, dGate_NF, gateWeight_DF),
        });
      return [
        needs[0] ? alias(dx(), x_D.shape) : undefined,
        needs[1] ? weightGradient(kernels, x_ND, dGate_NF) : undefined,
        needs[2] ? weightGradient(kernels, x_ND, dUp_NF) : undefined,
        needs[3] ? weightGradient(kernels, inner_NF, dy_ND) : undefined,
        ...residuals.map(() => alias(dy)),
      ];
    },
  );
}
