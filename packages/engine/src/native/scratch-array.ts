/** Longer arrays come seldom. */
const MOST = 256;

/**
 * Typed arrays that are filled anew for each call of the addon, one for each length.
 *
 * Where native code looks at a small array that was made a moment ago, the garbage collector's copy of it is moved to memory
 * of its own first, which takes longer than the look itself. One instance for each argument: what it gives is overwritten
 * the next time.
 */
export class ScratchArray<T extends Float64Array | Int32Array> {
  private readonly make: new (
    length: number,
  ) => T;
  private readonly made: (T | undefined)[] = [];

  constructor(make: new (length: number) => T) {
    this.make = make;
  }

  of(length: number): T {
    if (length > MOST) return new this.make(length);
    const array = this.made[length] ?? new this.make(length);
    this.made[length] = array;
    return array;
  }

  /** These values; a long array that already is what it should be comes back itself. */
  copyOf(values: ArrayLike<number>): T {
    const { length } = values;
    if (length > MOST && values instanceof this.make) return values;
    const copy = this.of(length);
    for (let index = 0; index < length; index++) copy[index] = values[index];
    return copy;
  }
}
