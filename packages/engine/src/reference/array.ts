/** A tensor of the reference: float64 values, row-major. */
export interface Array64 {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** @returns the number of values of a shape */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * An array of a shape, filled by index.
 * @param value - the value at a flat index
 */
export function fill(shape: readonly number[], value: (index: number) => number): Array64 {
  return { shape, values: Float64Array.from({ length: sizeOf(shape) }, (_, index) => value(index)) };
}

/** Distance between neighbours of each axis in the flat values. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1] * shape[axis + 1];
  return strides;
}

/** Coordinates of a flat index. */
export function coordinates(index: number, shape: readonly number[]): number[] {
  let rest = index;
  return stridesOf(shape).map((stride) => {
    const coordinate = Math.floor(rest / stride);
    rest -= coordinate * stride;
    return coordinate;
  });
}

/** Flat index of coordinates. */
export function flatIndex(at: readonly number[], shape: readonly number[]): number {
  const strides = stridesOf(shape);
  return at.reduce((index, coordinate, axis) => index + coordinate * strides[axis], 0);
}

/** The value at coordinates. */
export function valueAt(x: Array64, ...at: number[]): number {
  return x.values[flatIndex(at, x.shape)];
}

/** An array of a shape, filled by coordinates. */
export function fillAt(shape: readonly number[], value: (...at: number[]) => number): Array64 {
  return fill(shape, (index) => value(...coordinates(index, shape)));
}
