// N rows, R rows of a block, E readout input width, V vocabulary of the readout.
import { shapeMismatch } from '../errors.ts';
import type { Readout } from '../readout.ts';
import type { Tensor2D } from '../tensor.ts';
import { tidy } from '../tfjs/scopes.ts';
import type { Kernels } from './kernels.ts';
import { normalized } from './rms-norm.ts';

/** Norm and unembedding of a block of rows, off the tape. */
export function readoutLogits(kernels: Kernels, hidden_NE: Tensor2D, readout: Readout): Tensor2D {
  checkReadout(hidden_NE, readout);
  return tidy(() =>
    unembedded(kernels, readout.gain_E ? normalized(kernels, hidden_NE, readout.gain_E) : hidden_NE, readout),
  );
}

/** Unembedding and bias of normed rows. */
export function unembedded(kernels: Kernels, input_RE: Tensor2D, { weight_EV, bias_V }: Readout): Tensor2D {
  return kernels.product(input_RE, weight_EV, { bias_N: bias_V }) as Tensor2D;
}

/** Whether the parts of a readout fit each other. */
export function isReadout({ gain_E, weight_EV, bias_V }: Readout): boolean {
  const [E, V] = weight_EV.shape;
  return weight_EV.shape.length === 2 && (gain_E?.shape[0] ?? E) === E && (bias_V?.shape[0] ?? V) === V;
}

/** Refuses a readout that does not fit the hidden states. */
export function checkReadout(hidden_NE: Tensor2D, readout: Readout): void {
  const { gain_E, weight_EV, bias_V } = readout;
  if (hidden_NE.shape.length === 2 && hidden_NE.shape[1] === weight_EV.shape[0] && isReadout(readout)) return;
  const got = `hidden [${hidden_NE.shape}], weight [${weight_EV.shape}], gain [${gain_E?.shape}], bias [${bias_V?.shape}]`;
  throw shapeMismatch('a readout', 'hidden [N,E], weight [E,V], gain [E] and bias [V]', got);
}
