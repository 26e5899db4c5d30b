import type { Engine, EngineView } from '@foretoken/engine';
import { pluginOps } from '@foretoken/engine/plugin-ops';
import type { LanguageModel, MeasuredModel } from '../contracts/model.ts';

/**
 * What an eval is given of a model: the same parts, without what frees them, records on the engine or moves its caches.
 * The weights are the model's own, their list is not: an eval that takes one out of it takes it from nobody else.
 */
export function measuredModel(model: LanguageModel): MeasuredModel {
  const { dims, trunk, head, offsets, parameters, numParameters } = model;
  const readout: MeasuredModel['readout'] = (offset) => model.readout(offset);
  const engine = engineView(model.engine);
  return Object.freeze({ engine, dims, trunk, head, offsets, readout, parameters: new Map(parameters), numParameters });
}

function engineView(engine: Engine): EngineView {
  const { name, threads, fingerprint } = engine;
  return Object.freeze({
    ...{ name, threads, fingerprint, ops: pluginOps(engine.ops) },
    memory: () => engine.memory(),
    resetPeak: () => engine.resetPeak(),
    kernelSeconds: () => engine.kernelSeconds(),
    tidy: (work) => engine.tidy(work),
  } satisfies EngineView);
}
