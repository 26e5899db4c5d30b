// M rows wanted, E readout input width, V vocabulary of the readout.
import type { Precision } from '../engine.ts';
import type { Kernels } from '../ops/kernels.ts';
import type { Bridge } from './bridge.ts';
import { FloatSlab } from './float-slab.ts';
import { ScratchArray } from './scratch-array.ts';

/** `EngineOps.hostLogits`: rows are picked, normed and read out in one call, which fills an array of the caller's. */
export function hostLogits(bridge: Bridge, precision: Precision): NonNullable<Kernels['hostLogits']> {
  const { addon } = bridge.backend;
  const slab = new FloatSlab();
  const ofStates = new ScratchArray(Float64Array);
  const ofRows = new ScratchArray(Int32Array);
  return ({ states_M, rows_M, readout: { gain_E, weight_EV, bias_V } }, epsilon) => {
    const [E, V] = weight_EV.shape;
    const M = rows_M.length;
    const states = ofStates.of(M);
    for (let index = 0; index < M; index++) states[index] = bridge.handle(states_M[index]);
    const logits_MV = slab.take(M * V);
    addon.logitsInto(
      logits_MV,
      states,
      ofRows.copyOf(rows_M),
      E,
      gain_E === undefined ? 0 : bridge.handle(gain_E),
      bridge.handle(weight_EV),
      bias_V === undefined ? 0 : bridge.handle(bias_V),
      V,
      epsilon,
      precision === 'bfloat16',
    );
    return logits_MV;
  };
}
