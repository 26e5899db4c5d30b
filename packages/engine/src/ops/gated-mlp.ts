// D width, F inner width, N rows.
import { shapeMismatch } from '../errors.ts';
import type { Tensor, Tensor2D } from '../tensor.ts';
import { tf } from '../tensor.ts';
import { differentiable } from '../tfjs/differentiable.ts';
import { alias, kernel } from '../tfjs/internals.ts';
import type { Kernels } from './kernels.ts';
import { asRows, checkLinear, checkResidual, inputGradient } from './linear.ts';
import { product } from './matmul.ts';
import { transposed } from './shape.ts';

const times = (a: Tensor, b: Tensor): Tensor => kernel('Multiply', { a, b });
const plus = (a: Tensor, b: Tensor): Tensor => kernel('Add', { a, b });

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

/** The gradients that leave the gate, from d(silu(gate) * up). */
function throughGate(
  dInner_NF: Tensor,
  gate_NF: Tensor,
  up_NF: Tensor,
): { dGate_NF: Tensor; dUp_NF: Tensor; inner_NF: Tensor } {
  const sigmoid = kernel<Tensor>('Sigmoid', { x: gate_NF });
  const silu = times(gate_NF, sigmoid);
  // silu' = sigmoid + silu (1 - sigmoid) = sigmoid + silu - silu sigmoid
  const slope = kernel<Tensor>('Sub', { a: plus(sigmoid, silu), b: times(silu, sigmoid) });
  return {
    dGate_NF: times(times(dInner_NF, up_NF), slope),
    dUp_NF: times(dInner_NF, silu),
    inner_NF: times(silu, up_NF),
  };
}

/** SwiGLU: (silu(x Wgate) * (x Wup)) Wdown (+ residual). Keeps the two inner products for its gradient and recomputes the rest. */
export function gatedMlp<T extends Tensor>(
  kernels: Kernels,
  x_D: T,
  weights: GatedMlpWeights,
  { residual }: { residual?: T } = {},
): T {
  checkWeights(x_D, weights);
  checkResidual('gatedMlp', residual, x_D.shape);
  const residuals = residual === undefined ? [] : [residual];
  return differentiable<T>(
    'gatedMlp',
    [x_D, weights.gate_DF, weights.up_DF, weights.down_FD, ...residuals],
    (save) => {
      const x_ND = asRows(x_D);
      const gate_NF = product(x_ND, weights.gate_DF);
      const up_NF = product(x_ND, weights.up_DF);
      for (const tensor of [x_D, weights.gate_DF, weights.up_DF, weights.down_FD, gate_NF, up_NF]) save(tensor);
      const inner_NF = times(times(gate_NF, kernel('Sigmoid', { x: gate_NF })), up_NF);
      let y_ND: Tensor = product(inner_NF, weights.down_FD);
      for (const rest of residuals) y_ND = plus(y_ND, asRows(rest));
      return alias<T>(y_ND, x_D.shape);
    },
    (dy, [x, gateWeight_DF, upWeight_DF, downWeight_FD, gate_NF, up_NF], needs) => {
      const dy_ND = asRows(dy);
      const flows = throughGate(inputGradient(kernels, dy_ND, downWeight_FD), gate_NF, up_NF);
      const { dGate_NF, dUp_NF, inner_NF } = flows;
      const x_DN = needs[1] || needs[2] ? transposed(kernels, asRows(x)) : undefined;
      const dx = () =>
        plus(inputGradient(kernels, dGate_NF, gateWeight_DF), inputGradient(kernels, dUp_NF, upWeight_DF));
      return [
        needs[0] ? alias(dx(), x_D.shape) : undefined,
        x_DN && needs[1] ? product(x_DN, dGate_NF) : undefined,
        x_DN && needs[2] ? product(x_DN, dUp_NF) : undefined,
        needs[3] ? product(transposed(kernels, inner_NF), dy_ND) : undefined,
        ...residuals.map(() => alias(dy)),
      ];
    },
  );
}
