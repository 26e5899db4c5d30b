/** A duration for people: `0.4 s`, `42 s`, `3:07`, `1:02:03`. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** Bytes for people, in powers of 1024: `512 B`, `1.5 MiB`, `24 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** A rate with three significant digits, never in exponent form: `0.25`, `12.3`, `1,235`. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 999.5) return Math.round(perSecond).toLocaleString('en-US');
  return String(Number(perSecond.toPrecision(3)));
}

/** Operations with three significant digits and the unit's prefix last, for `FLOPs` to follow: `12.3 T`, `812 `. */
export function formatOperations(operations: number): string {
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
  const power = Math.max(
    0,
    prefixes.findLastIndex((_, i) => operations >= 999.5 * 1000 ** (i - 1)),
  );
  return `${Number((operations / 1000 ** power).toPrecision(3))} ${prefixes[power]}`;
}
