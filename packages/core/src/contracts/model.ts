import type { Engine, EngineView, Readout, Tensor } from '@foretoken/engine';
import type { Head } from './head.ts';
import type { Dims } from './parameters.ts';
import type { Trunk } from './trunk.ts';

/** A trained model as an eval is given it: all there is to look at, and nothing that would end it. */
export interface MeasuredModel {
  /** The engine that runs it, for evals that measure time or memory. */
  readonly engine: EngineView;
  /** Sizes of the model. */
  readonly dims: Dims;
  /** Its trunk, as the plugin made it. */
  readonly trunk: Trunk;
  /** Its head, as the plugin made it. */
  readonly head: Head;
  /** Offsets that the head predicts, ascending from 1, none beyond the horizon. */
  readonly offsets: readonly number[];
  /** The readout of an offset that the head predicts. */
  readout(offset: number): Readout;
  /** Every trainable weight by its full name, in order of creation. They are the model's own: to be read, not written to or disposed. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** Trainable values in all. */
  readonly numParameters: number;
}

/** A trunk, a head and their readouts over one set of parameters, in the framework's hands. */
export interface LanguageModel extends MeasuredModel {
  /** The engine that runs it. */
  readonly engine: Engine;
  /** Frees every weight; whoever made the model calls it. */
  dispose(): void;
}
