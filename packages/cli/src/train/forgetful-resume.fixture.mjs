// Loads the built training with one line of its resume changed, so that it forgets something: see the preload.

/** Where each is taken from the checkpoint, and what stands there instead. */
const LINES = {
  cursor: ['training-loop.js', 'this.#cursor = cursor;', ''],
  // A stream that begins anew with every process.
  random: [
    'training-loop.js',
    `step/\${this.#cursor}/\${i}`,
    `step/\${(globalThis.drawn = (globalThis.drawn ?? 0) + 1)}/\${i}`,
  ],
  moments: ['trainer.js', 'this.#optimizer.restore(', 'void ('],
  weighting: ['trainer.js', 'this.#weightingState = state.weighting;', ''],
  schedule: ['trainer.js', 'this.#scheduleState = state.horizonSchedule;', ''],
};

let forgotten;

export function initialize(what) {
  forgotten = LINES[what];
}

export async function load(url, context, next) {
  const loaded = await next(url, context);
  const [file, line, instead] = forgotten;
  if (!url.endsWith(`/core/dist/training/${file}`)) return loaded;
  const parts = String(loaded.source).split(line);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times, not once: ${line}`);
  return { ...loaded, source: parts.join(instead) };
}
