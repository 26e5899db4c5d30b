import type { AdamWOptions } from '../ops/engine-ops.ts';

/** Buffers of one parameter's step; the first three are written. */
export interface AdamWBuffers {
  readonly weight: Float32Array;
  readonly moment1: Float32Array;
  readonly moment2: Float32Array;
  readonly oldWeight: Float32Array;
  readonly gradient: Float32Array;
  readonly oldMoment1: Float32Array;
  readonly oldMoment2: Float32Array;
}

/** One AdamW step of one parameter, in float64, each result rounded once. */
export function adamwStep(buffers: AdamWBuffers, options: AdamWOptions): void {
  const { weight, moment1, moment2, oldWeight, gradient, oldMoment1, oldMoment2 } = buffers;
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale } = options;
  const keep = 1 - learningRate * weightDecay;
  const rate = learningRate / (1 - beta1 ** step);
  const correction2 = 1 / (1 - beta2 ** step);
  for (let at = 0; at < weight.length; at++) {
    const flow = gradient[at] * gradientScale;
    const first = beta1 * oldMoment1[at] + (1 - beta1) * flow;
    const second = beta2 * oldMoment2[at] + (1 - beta2) * flow * flow;
    moment1[at] = first;
    moment2[at] = second;
    weight[at] = oldWeight[at] * keep - (rate * first) / (Math.sqrt(second * correction2) + epsilon);
  }
}
