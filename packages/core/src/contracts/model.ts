import type { Engine, Readout, Tensor } from '@foretoken/engine';
import type { Head } from './head.ts';
import type { Dims } from './parameters.ts';
import type { Trunk } from './trunk.ts';

/** A trunk, a head and their readouts over one set of parameters. */
export interface LanguageModel {
  /** The engine that runs it, for evals that measure time or memory. */
  readonly engine: Engine;
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
  /** Every trainable weight by its full name, in order of creation. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** Trainable values in all. */
  readonly numParameters: number;
  /** Frees every weight; whoever made the model calls it. */
  dispose(): void;
}
