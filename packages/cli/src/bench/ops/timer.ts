import { tf } from '@foretoken/engine';
import { computed } from '../peak/peak-meter.ts';
import type { OpPass, Prepared } from './pass.ts';

/** A sample lasts at least so long, or the clock and the wait for its end would show in it. */
const shortestSampleMs = 4;
/** Every backward pass of a sample needs a recording of its own, which holds activations. */
const mostRepeats = 16;

/** Times one pass, sample by sample. */
export interface OpTimer {
  readonly pass: OpPass;
  /** @returns milliseconds of one run, the mean over the sample */
  sample(): Promise<number>;
}

/** Warms a pass up, and finds how often it has to run in a sample. */
export async function openOpTimer(pass: OpPass): Promise<OpTimer> {
  await timed(pass, 1);
  const once = await timed(pass, 1);
  const repeats = Math.min(mostRepeats, Math.max(1, Math.ceil(shortestSampleMs / once)));
  return { pass, sample: () => timed(pass, repeats) };
}

async function timed(pass: OpPass, repeats: number): Promise<number> {
  const prepared = Array.from({ length: repeats }, (): Prepared => pass.prepare());
  const started = performance.now();
  for (const [i, { run }] of prepared.entries()) {
    const results = run();
    if (i === repeats - 1) await computed(results[0]);
    tf.dispose(results);
  }
  const ms = (performance.now() - started) / repeats;
  for (const { end } of prepared) end();
  return ms;
}
