// D width.
import { TOKENS } from '@foretoken/core';
import { type Definition, type Head, type HeadContext, PLUGIN_API, type Tensor1D, Type } from '@foretoken/core/plugin';
import { inject, injectable } from 'inversify';

/** The key of the application's settings in its container. */
export const SETTINGS: symbol = Symbol.for('inversify-class.settings');

/** What the application is set to. */
export interface Settings {
  /** The gain's first value where the experiment names none. */
  readonly gain: number;
}

/**
 * Offset 1 is the trunk's state h; offset i > 1 is h * g_i, with a gain g_i of [D]. Small on purpose.
 *
 * @source ours
 */
@injectable()
export class GainHead implements Definition<'head'> {
  readonly kind = 'head';
  readonly api = PLUGIN_API;
  readonly name = 'gain';
  readonly description = 'The trunk’s state, each channel scaled by each further offset.';
  readonly options;
  readonly #log: (line: string) => void;

  constructor(@inject(TOKENS.log) log: (line: string) => void, @inject(SETTINGS) settings: Settings) {
    this.#log = log;
    this.options = Type.Object({ gain: Type.Number({ exclusiveMinimum: 0, default: settings.gain }) });
  }

  create({ ops, param, dims }: HeadContext, { gain }: { gain: number }): Head {
    this.#log(`gain head: ${dims.horizon} offsets, gains start at ${gain}`);
    const gains = Array.from({ length: dims.horizon - 1 }, (_, i) =>
      param<Tensor1D>(`gain.${i + 2}`, [dims.width], { kind: 'constant', value: gain }),
    );
    return {
      forward: (offset, { trunk: [hidden_BTD] }) =>
        offset === 1 ? hidden_BTD : ops.mul(hidden_BTD, gains[offset - 2]),
    };
  }
}
