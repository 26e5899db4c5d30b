import { attention } from './attention.ts';
import type { Ops } from './contract.ts';
import { creating } from './create.ts';
import { crossEntropyRows } from './cross-entropy.ts';
import { elementwise } from './elementwise.ts';
import { embed } from './embed.ts';
import { gatedMlp } from './gated-mlp.ts';
import { linear } from './linear.ts';
import { linearLoss } from './linear-loss.ts';
import { matmul } from './matmul.ts';
import { optimizing } from './optimize.ts';
import { readoutLogits } from './readout-logits.ts';
import { reducing } from './reduce.ts';
import { rmsNorm } from './rms-norm.ts';
import { rotary } from './rotary.ts';
import { shaping } from './shape.ts';

/** The language of plugins on tfjs' active backend. */
export const ops: Ops = Object.freeze({
  ...elementwise,
  ...shaping,
  ...reducing,
  ...creating,
  ...optimizing,
  matmul,
  linear,
  rmsNorm,
  rotary,
  attention,
  gatedMlp,
  embed,
  readoutLogits,
  linearLoss,
  crossEntropyRows,
});
