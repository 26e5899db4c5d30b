// P positions, d width of one attention head.
import { rotaryTables } from '../loops/rotary.ts';
import type { Addon, Handle } from './addon.ts';

/** Positions of the smallest table, and of the largest. */
const FEWEST = 512;
const MOST = 2 ** 20;

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

  /**
   * Calls `use` while the table has what belongs to these positions, in the rows that it is given. Beyond the last position the table is
   * made anew, twice as long; for one that is far out, a table of these positions alone, which does not last.
   */
  with<T>(position_N: Int32Array, use: (table: RotaryTable, rows_N: Int32Array) => T): T {
    let last = 0;
    for (let index = 0; index < position_N.length; index++) last = Math.max(last, position_N[index]);
    if (last < MOST) {
      this.reach(last);
      return use(this, position_N);
    }
    const own = new RotaryTable(this.addon, this.d, this.base);
    const { cos, sin } = rotaryTables(position_N, this.d, this.base);
    [own.ownCosines, own.ownSines] = this.put(cos, sin);
    own.count = position_N.length;
    try {
      return use(own, upTo(position_N.length));
    } finally {
      for (const handle of [own.ownCosines, own.ownSines]) this.addon.free(handle);
    }
  }

  private reach(position: number): void {
    if (position < this.count) return;
    let positions = Math.max(FEWEST, this.count);
    while (positions <= position) positions *= 2;
    const { cos, sin } = rotaryTables(upTo(positions), this.d, this.base);
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

/** 0, 1, ... */
function upTo(count: number): Int32Array {
  const numbers = new Int32Array(count);
  for (let index = 0; index < count; index++) numbers[index] = index;
  return numbers;
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
