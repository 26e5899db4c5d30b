import { type Engine, tf } from '@foretoken/engine';

/** Seconds spent in an engine's kernels; everything else is JavaScript. */
export interface KernelTime {
  /** Since the meter was started. */
  seconds(): number;
  /** Takes the meter off. */
  stop(): void;
}

type Kernel = (...args: unknown[]) => unknown;

/**
 * Starts to time the functions of the native engine's addon. Each call costs a tenth of a microsecond more meanwhile.
 *
 * What an addon does to read its arguments counts as kernel; garbage collection counts as JavaScript.
 *
 * @returns undefined for an engine that has no such seam
 */
export function startKernelTime({ name }: Pick<Engine, 'name'>): KernelTime | undefined {
  if (name !== 'native') return undefined;
  const { addon } = tf.backend() as unknown as { addon: Record<string, unknown> };
  const originals = Object.entries(addon).filter((entry): entry is [string, Kernel] => typeof entry[1] === 'function');
  let ms = 0;
  for (const [key, kernel] of originals) {
    addon[key] = (...args: unknown[]) => {
      const started = performance.now();
      try {
        return kernel(...args);
      } finally {
        ms += performance.now() - started;
      }
    };
  }
  return {
    seconds: () => ms / 1_000,
    stop: () => Object.assign(addon, Object.fromEntries(originals)),
  };
}
