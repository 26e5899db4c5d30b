/** Values of a slab: 64 KiB. */
const SIZE = 16_384;
/** Longer arrays get memory of their own. */
const LONGEST = SIZE / 4;

/**
 * New arrays for what native code gives back, cut one after the other from one buffer: memory for each alone would take longer
 * to get than the copy into it. No two share a value.
 */
export class FloatSlab {
  private buffer = new ArrayBuffer(SIZE * Float32Array.BYTES_PER_ELEMENT);
  private used = 0;

  /** An array of zeros. */
  take(length: number): Float32Array {
    if (length > LONGEST) return new Float32Array(length);
    if (this.used + length > SIZE) {
      this.buffer = new ArrayBuffer(SIZE * Float32Array.BYTES_PER_ELEMENT);
      this.used = 0;
    }
    const taken = new Float32Array(this.buffer, this.used * Float32Array.BYTES_PER_ELEMENT, length);
    this.used += length;
    return taken;
  }
}
