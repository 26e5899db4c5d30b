/** What stands where nothing was measured. */
export const NOT_MEASURED = '–';

/** A number with a fixed number of decimals; a dash where there is none. */
export function decimals(value: number | undefined, digits: number): string {
  return value === undefined ? NOT_MEASURED : value.toFixed(digits);
}

/** A difference with its sign, `±0.000` where it vanishes. */
export function signed(value: number | undefined, digits: number): string {
  if (value === undefined) return NOT_MEASURED;
  const size = Math.abs(value).toFixed(digits);
  if (Number(size) === 0) return `±${size}`;
  return `${value < 0 ? '−' : '+'}${size}`;
}

/** A whole number in groups of three digits. */
export function grouped(value: number | undefined): string {
  return value === undefined ? NOT_MEASURED : Math.round(value).toLocaleString('en-US');
}

/** Floating-point operations in the largest unit that keeps them above one; a dash where none were counted. */
export function operations(value: number | undefined): string {
  if (value === undefined) return NOT_MEASURED;
  const units = ['', ' k', ' M', ' G', ' T', ' P', ' E'];
  const power = Math.max(
    0,
    units.findLastIndex((_, i) => value >= 1000 ** i),
  );
  return `${(value / 1000 ** power).toPrecision(4)}${units[power]}`;
}

/** Bytes in the largest unit that keeps them above one. */
export function bytes(value: number): string {
  if (value < 1000) return `${value} bytes`;
  if (value < 1_000_000) return `${(value / 1000).toFixed(1)} kB`;
  return `${(value / 1_000_000).toFixed(1)} MB`;
}

/** A time in seconds, whole ones from 100 on; a dash where none was measured. */
export function seconds(value: number | undefined): string {
  if (value === undefined) return NOT_MEASURED;
  return `${value < 99.95 ? value.toFixed(1) : grouped(value)} s`;
}

/** `1 seed`, `2 seeds`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
