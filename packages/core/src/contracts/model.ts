import type { Engine, Readout, Tensor } from '@foretoken/engine';
import type { Head } from './head.ts';
import type { Dims } from './parameters.ts';
import type { Trunk } from './trunk.ts';

/** A trunk, a head and their readouts over one set of parameters. */
export interface LanguageModel {
  readonly engine: Engine;
  readonly dims: Dims;
  readonly trunk: Trunk;
  readonly head: Head;
  /** Offsets that the head predicts, ascending from 1, none beyond the horizon. */
  readonly offsets: readonly number[];
  readout(offset: number): Readout;
  /** Every trainable weight by its full name, in order of creation. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly numParameters: number;
  dispose(): void;
}
