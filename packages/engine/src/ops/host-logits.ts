// M rows wanted, E readout input width, V vocabulary of the readout.
import { shapeMismatch } from '../errors.ts';
import type { Tensor, Tensor1D, Tensor2D } from '../tensor.ts';
import { tidy } from '../tfjs/scopes.ts';
import type { EngineOps, ReadoutRequest } from './engine-ops.ts';
import type { Kernels } from './kernels.ts';
import { isReadout } from './readout-logits.ts';
import { RMS_EPSILON } from './rms-norm.ts';

type Parts = Pick<EngineOps, 'reshape' | 'concat' | 'pickRows' | 'readoutLogits'>;

/** See `EngineOps.hostLogits`. */
export function hostLogits(kernels: Kernels, ops: Parts, requests: readonly ReadoutRequest[]): Float32Array[] {
  for (const request of requests) checkRequest(request);
  const { hostLogits: own } = kernels;
  if (!own) return byOps(ops, requests);
  const logits: Float32Array[] = [];
  for (const request of requests) logits.push(own(request, RMS_EPSILON));
  return logits;
}

/** One transfer for all requests. */
function byOps(ops: Parts, requests: readonly ReadoutRequest[]): Float32Array[] {
  const values = tidy(() => {
    const logits = requests.map((request) => {
      const logits_MV = ops.readoutLogits(pickStates(ops, request), request.readout);
      return ops.reshape<Tensor1D>(logits_MV, [logits_MV.size]);
    });
    return (logits.length === 1 ? logits[0] : ops.concat(logits, 0)).dataSync<'float32'>();
  });
  let end = 0;
  return requests.map(({ rows_M, readout }) => {
    end += rows_M.length * readout.weight_EV.shape[1];
    return values.subarray(end - rows_M.length * readout.weight_EV.shape[1], end);
  });
}

function pickStates(ops: Parts, { states_M, rows_M, readout }: ReadoutRequest): Tensor2D {
  const flat = new Map<Tensor, Tensor>();
  for (const state of states_M) {
    if (!flat.has(state)) flat.set(state, ops.reshape(state, [-1, readout.weight_EV.shape[0]]));
  }
  return ops.pickRows(
    states_M.map((state) => flat.get(state)!),
    rows_M,
  ) as Tensor2D;
}

function checkRequest({ states_M, rows_M, readout }: ReadoutRequest): void {
  const { gain_E, weight_EV, bias_V } = readout;
  const [E] = weight_EV.shape;
  if (isReadout(readout) && E > 0 && rows_M.length > 0 && states_M.length === rows_M.length) {
    let index = 0;
    while (index < rows_M.length && isRow(states_M[index], rows_M[index], E)) index++;
    if (index === rows_M.length) return;
  }
  throw shapeMismatch(
    'hostLogits',
    'a row of each state [..,E], weight [E,V], gain [E] and bias [V]',
    `rows [${rows_M}] of ${states_M.map(({ shape }) => `[${shape}]`)}, weight [${weight_EV.shape}], gain [${gain_E?.shape}], bias [${bias_V?.shape}]`,
  );
}

function isRow({ shape, size, dtype }: Tensor, row: number, E: number): boolean {
  return dtype === 'float32' && shape[shape.length - 1] === E && Number.isInteger(row) && row >= 0 && row < size / E;
}
