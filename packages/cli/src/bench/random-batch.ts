// B windows.
import { createRandom, type LanguageModel, type Random, type Windows } from '@foretoken/core';
import { makeBatch, type StepBatch } from '@foretoken/core/training';
import { createNodes } from '@foretoken/engine';
import { randomTokens } from './open-bench.ts';

/** Windows of random tokens as one batch of a training step. The caller disposes it. */
export function randomBatch(
  { dims: { vocabulary, context, maxOffset } }: Pick<LanguageModel, 'dims'>,
  random: Random,
  B: number,
): { readonly batch: StepBatch; dispose(): void } {
  const windows: Windows = {
    count: B,
    read: () => ({
      tokens: randomTokens(random, context + maxOffset, vocabulary),
      document: new Int32Array(context + maxOffset),
    }),
  };
  const indices = Array.from({ length: B }, (_, i) => i);
  const tokens = makeBatch(windows, indices, { context, maxOffset });
  const at = createNodes(tokens);
  const batch: StepBatch = {
    input: { tokens, at, random: createRandom(0, 'random batch') },
    targets: { target: tokens.target, validTargets: () => B * context },
  };
  return { batch, dispose: () => at.dispose() };
}
