// N rows, F inner width.
import type { Tensor } from '../../tensor.ts';
import { kernel } from '../../tfjs/internals.ts';

const times = (a: Tensor, b: Tensor): Tensor => kernel('Multiply', { a, b });
const plus = (a: Tensor, b: Tensor): Tensor => kernel('Add', { a, b });

/** x * sigmoid(x) (+ residual). */
export function silu(x: Tensor, residual?: Tensor): Tensor {
  const y = times(x, kernel('Sigmoid', { x }));
  return residual === undefined ? y : plus(y, residual);
}

/** silu(gate) * up. */
export const gated = (gate_NF: Tensor, up_NF: Tensor): Tensor => times(silu(gate_NF), up_NF);

/** From d(silu(gate) * up): d gate, d up, and silu(gate) * up again. */
export function gatedGradients(dInner_NF: Tensor, gate_NF: Tensor, up_NF: Tensor): [Tensor, Tensor, Tensor] {
  const sigmoid = kernel<Tensor>('Sigmoid', { x: gate_NF });
  const silu = times(gate_NF, sigmoid);
  // silu' = sigmoid + silu (1 - sigmoid) = sigmoid + silu - silu sigmoid
  const slope = kernel<Tensor>('Sub', { a: plus(sigmoid, silu), b: times(silu, sigmoid) });
  return [times(times(dInner_NF, up_NF), slope), times(dInner_NF, silu), times(silu, up_NF)];
}
