import { attention } from './attention.ts';
import { composites } from './composite/index.ts';
import type { Ops } from './contract.ts';
import { creating } from './create.ts';
import { crossEntropyRows } from './cross-entropy.ts';
import { elementwise, silu } from './elementwise.ts';
import { embed } from './embed.ts';
import type { EngineOps } from './engine-ops.ts';
import { gatedMlp, gatedMlpBy } from './gated-mlp.ts';
import { hostLogits } from './host-logits.ts';
import type { Kernels } from './kernels.ts';
import { linear, linearBy } from './linear.ts';
import { linearLoss } from './linear-loss.ts';
import { matmul } from './matmul.ts';
import { adamw, sumOfSquares } from './optimize.ts';
import { pickRows } from './pick-rows.ts';
import { readoutLogits } from './readout-logits.ts';
import { reducing } from './reduce.ts';
import { rmsNorm } from './rms-norm.ts';
import { rotary } from './rotary.ts';
import { sample, topK } from './sample.ts';
import * as shaping from './shape.ts';
import { transformerStack } from './transformer-stack.ts';

/** The engine's own kernels where it has them, composites elsewhere: the one place where that is chosen. */
export function createKernels(own: Partial<Kernels> = {}): Kernels {
  const kernels = { ...composites, ...own };
  const linear = own.linear ?? linearBy(kernels.product);
  return { ...kernels, linear, gatedMlp: own.gatedMlp ?? gatedMlpBy({ ...kernels, linear }) };
}

/** The language of plugins, and what the framework calls beside it, on tfjs' active backend. */
export function createOps(kernels: Kernels = composites): EngineOps {
  const ops: EngineOps = Object.freeze<EngineOps>({
    ...elementwise,
    ...reducing,
    ...creating,
    ...shapeOps(kernels),
    silu: (x, options) => silu(kernels, x, options),
    matmul: (a, b) => matmul(kernels, a, b),
    linear: (x_I, weight_IO, options) => linear(kernels, x_I, weight_IO, options),
    rmsNorm: (x, gain_D, epsilon) => rmsNorm(kernels, x, gain_D, epsilon),
    rotary: (x_BTHd, at, base) => rotary(kernels, x_BTHd, at, base),
    attention: (q_BTHd, k_BTGd, v_BTGd, at, kv) => attention(kernels, q_BTHd, k_BTGd, v_BTGd, at, kv),
    gatedMlp: (x_D, weights, options) => gatedMlp(kernels, x_D, weights, options),
    embed: (tokens_BT, table_VD) => embed(kernels, tokens_BT, table_VD),
    topK,
    sample: (logits_NV, uniform_N, temperature) => sample(kernels, logits_NV, uniform_N, temperature),
    readoutLogits: (hidden_NE, readout) => readoutLogits(kernels, hidden_NE, readout),
    linearLoss: (readout, parts, options) => linearLoss(kernels, readout, parts, options),
    crossEntropyRows: (target_N) => crossEntropyRows(kernels, target_N),
    adamw: (slots, options) => adamw(kernels, slots, options),
    sumOfSquares: (tensors) => sumOfSquares(kernels, tensors),
    pickRows: (tensors_M, rows_M) => pickRows(ops, tensors_M, rows_M),
    hostLogits: (requests) => hostLogits(kernels, ops, requests),
    transformerStack: (x_BTD, layers, at) => transformerStack(kernels, ops, x_BTD, layers, at),
  });
  return ops;
}

type ShapeOps = Pick<Ops, 'reshape' | 'transpose' | 'concat' | 'slice' | 'split' | 'stack' | 'gatherRows'>;

const shapeOps = (kernels: Kernels): ShapeOps => ({
  reshape: shaping.reshape,
  transpose: (x, permutation) => shaping.transpose(kernels, x, permutation),
  concat: (parts, axis) => shaping.concat(kernels, parts, axis),
  slice: (x, begin, size) => shaping.slice(kernels, x, begin, size),
  split: (x, parts, axis) => shaping.split(kernels, x, parts, axis),
  stack: (parts, axis) => shaping.stack(kernels, parts, axis),
  gatherRows: (x, rows) => shaping.gatherRows(kernels, x, rows),
});
