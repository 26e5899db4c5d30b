// P positions, d width of one attention head.
import { rotaryTables } from '../loops/rotary.ts';
import type { Addon, Handle } from './addon.ts';

/** Cosines and sines of the positions from 0 to P - 1, [P,d/2] each. */
export interface RotaryTables {
  readonly positions: number;
  readonly cosines: Handle;
  readonly sines: Handle;
}

/** Positions of the smallest table. */
const FEWEST = 512;

/**
 * Rotary tables in the addon that every forward of the process looks its positions up in, made anew with twice the positions
 * where some are beyond the last. A row takes less than the keys of one token of one layer.
 */
export class RotaryTableCache {
  private readonly addon: Addon;
  private readonly known = new Map<string, RotaryTables>();

  constructor(addon: Addon) {
    this.addon = addon;
  }

  /** @param last - the table holds this position */
  of(d: number, base: number, last: number): RotaryTables {
    const key = `${d} ${base}`;
    const known = this.known.get(key);
    if (known !== undefined && last < known.positions) return known;
    let positions = known?.positions ?? FEWEST;
    while (positions <= last) positions *= 2;
    const made = this.make(positions, d, base);
    this.known.set(key, made);
    if (known !== undefined) for (const handle of [known.cosines, known.sines]) this.addon.free(handle);
    return made;
  }

  private make(positions: number, d: number, base: number): RotaryTables {
    const { cos, sin } = rotaryTables(
      Int32Array.from({ length: positions }, (_, position) => position),
      d,
      base,
    );
    return { positions, cosines: this.put(cos), sines: this.put(sin) };
  }

  private put(values: Float32Array): Handle {
    const handle = this.addon.create(values.byteLength);
    this.addon.write(handle, values);
    return handle;
  }
}
