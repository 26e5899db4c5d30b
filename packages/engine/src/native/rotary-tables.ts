// P positions, d width of one attention head.
import { rotaryTables } from '../loops/rotary.ts';
import type { Addon, Handle } from './addon.ts';

/** Positions of the smallest table. */
const FEWEST = 512;

/**
 * Cosines and sines of the positions from 0 to P - 1, [P,d/2] each, in the addon: every forward of the process looks its
 * positions up there. A row takes less than the keys of one token of one layer.
 */
export class RotaryTable {
  private readonly addon: Addon;
  private readonly d: number;
  private readonly base: number;
  private count = 0;
  private ownCosines: Handle = 0;
  private ownSines: Handle = 0;

  constructor(addon: Addon, d: number, base: number) {
    this.addon = addon;
    this.d = d;
    this.base = base;
  }

  /** P. */
  get positions(): number {
    return this.count;
  }

  get cosines(): Handle {
    return this.ownCosines;
  }

  get sines(): Handle {
    return this.ownSines;
  }

  /** Sees to it that it has this position: beyond the last one it is made anew, twice as long. */
  reach(position: number): void {
    if (position < this.count) return;
    let positions = Math.max(FEWEST, this.count);
    while (positions <= position) positions *= 2;
    const all = Int32Array.from({ length: positions }, (_, index) => index);
    const { cos, sin } = rotaryTables(all, this.d, this.base);
    const [cosines, sines] = this.put(cos, sin);
    if (this.count > 0) for (const handle of [this.ownCosines, this.ownSines]) this.addon.free(handle);
    this.ownCosines = cosines;
    this.ownSines = sines;
    this.count = positions;
  }

  /** Both, or none where the memory is not there: the table is then what it was. */
  private put(cos: Float32Array, sin: Float32Array): [cosines: Handle, sines: Handle] {
    const cosines = this.addon.create(cos.byteLength);
    let sines: Handle;
    try {
      sines = this.addon.create(sin.byteLength);
    } catch (error) {
      this.addon.free(cosines);
      throw error;
    }
    this.addon.write(cosines, cos);
    this.addon.write(sines, sin);
    return [cosines, sines];
  }
}

/** The one table of each width and base. */
export class RotaryTables {
  private readonly addon: Addon;
  private readonly known = new Map<string, RotaryTable>();

  constructor(addon: Addon) {
    this.addon = addon;
  }

  of(d: number, base: number): RotaryTable {
    const key = `${d} ${base}`;
    const table = this.known.get(key) ?? new RotaryTable(this.addon, d, base);
    this.known.set(key, table);
    return table;
  }
}
