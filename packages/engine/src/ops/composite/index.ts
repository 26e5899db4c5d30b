import { gatedMlpBy } from '../gated-mlp.ts';
import type { Kernels } from '../kernels.ts';
import { linearBy } from '../linear.ts';
import { attention, cachedAttention, createStore } from './attention.ts';
import { cut, gather, place, scatter, transpose } from './blocks.ts';
import { crossEntropy } from './cross-entropy.ts';
import { gated, gatedGradients, silu } from './gated.ts';
import { adamw, sumOfSquares } from './optimize.ts';
import { batchProduct, product } from './product.ts';
import { rmsNorm, rmsNormGradients } from './rms-norm.ts';
import { rotate } from './rotary.ts';
import { sample } from './sample.ts';
import { unrolledAttention } from './unrolled-attention.ts';

/** Every kernel in plain tfjs operations, which any backend runs: their specification, and what runs without them. */
export const composites: Kernels = Object.freeze<Kernels>({
  product,
  batchProduct,
  linear: linearBy(product),
  transpose,
  cut,
  place,
  gather,
  scatter,
  rmsNorm,
  rmsNormGradients,
  silu,
  gated,
  gatedMlp: gatedMlpBy({ linear: linearBy(product), gated }),
  gatedGradients,
  rotate,
  crossEntropy,
  sample,
  adamw,
  sumOfSquares,
  attention,
  unrolledAttention,
  createStore,
  cachedAttention,
});
