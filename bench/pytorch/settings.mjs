// The command line of compare.mjs.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Something on the command line that has to change. */
export class BadInput extends Error {}

/** A file's path from this folder. */
export const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url));

/** The command of this checkout. */
export const builtBin = pathOf('../../packages/cli/dist/bin.js');

/** What `--help` prints. */
export const help = `Compares Foretoken with PyTorch on this machine, in interleaved pairs of runs.

  --python FILE      the Python that has PyTorch (default python3)
  --pairs COUNT      runs of each side, in turns; medians count (5)
  --threads COUNT    threads of both sides (2); training is measured with 1 as well
  --steps COUNT      measured training steps of a run (9)
  --timeout SECONDS  the longest that one run may take (900)
  --only NAMES       sections, with commas between (all)
  --bin FILE         the foretoken command to measure (this checkout's)
  --json             print one JSON object on one line of stdout

Exit codes: 0 done, 1 a run failed or the models differ, 2 bad input, 130 interrupted.`;

const text = (value) => ({ type: 'string', default: value });
const options = {
  python: text('python3'),
  pairs: text('5'),
  threads: text('2'),
  steps: text('9'),
  timeout: text('900'),
  only: text(),
  bin: text(builtBin),
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** @throws BadInput */
export function readSettings(args) {
  const values = parsed(args);
  const counts = ['pairs', 'threads', 'steps', 'timeout'].map((name) => {
    const count = Number(values[name]);
    if (Number.isSafeInteger(count) && count >= 1) return [name, count];
    throw new BadInput(`--${name}: it must be a whole number of at least 1, was "${values[name]}".`);
  });
  return { ...values, ...Object.fromEntries(counts) };
}

function parsed(args) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new BadInput(error.message);
  }
}

/**
 * The sections that were asked for, in their own order.
 *
 * @param only - names with commas between; undefined: all
 * @throws BadInput for a name that no section has
 */
export function chosenSections(sections, only) {
  if (only === undefined) return sections;
  const names = only.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(sections, name));
  if (unknown !== undefined) {
    throw new BadInput(`--only: no section "${unknown}". Sections: ${Object.keys(sections).join(', ')}.`);
  }
  return Object.fromEntries(Object.entries(sections).filter(([name]) => names.includes(name)));
}
