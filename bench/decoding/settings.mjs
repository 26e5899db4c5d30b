// The command line of table.mjs.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { BadInput, builtBin } from '../pytorch/settings.mjs';

export { BadInput };

/** What `--help` prints. */
export const help = `Measures decoding with two trained models and writes the tables as Markdown.

  --n4 FOLDER        run of the model that predicts 4 bytes at once (runs/decoding-n4)
  --n8 FOLDER        run of the model that predicts 8 (runs/decoding-n8)
  --python FILE      the Python that has PyTorch (python3); none: leave PyTorch out
  --prompts COUNT    held-out prompts (64)
  --prompt BYTES     bytes of each (256)
  --tokens BYTES     bytes to generate (256)
  --batches COUNTS   batch sizes of the grid, with commas between (1,4,16,42)
  --grid-prompts N   prompts of the grid: every number of levels decodes them (16)
  --pairs COUNT      interleaved runs of PyTorch and ours (3)
  --threads COUNT    threads of both (2)
  --timeout SECONDS  the longest that one command may take (600)
  --bin FILE         the foretoken command to measure (this checkout's)
  --out FILE         write the tables there as well
  --json FILE        keep everything that was measured there as it comes; a table that was
                     broken off goes on from it

Exit codes: 0 done, 1 a command failed, 2 bad input, 130 interrupted.`;

const text = (value) => ({ type: 'string', default: value });
const options = {
  n4: text('runs/decoding-n4'),
  n8: text('runs/decoding-n8'),
  python: text('python3'),
  prompts: text('64'),
  prompt: text('256'),
  tokens: text('256'),
  batches: text('1,4,16,42'),
  'grid-prompts': text('16'),
  pairs: text('3'),
  threads: text('2'),
  timeout: text('600'),
  bin: text(builtBin),
  out: text(),
  json: text(),
  help: { type: 'boolean', default: false },
};
const counts = ['prompts', 'prompt', 'tokens', 'grid-prompts', 'pairs', 'threads', 'timeout'];

/** @throws BadInput */
export function readSettings(args) {
  const { 'grid-prompts': gridPrompts, ...values } = withCounts(parsed(args));
  if (values.help) return values;
  for (const name of ['n4', 'n8']) {
    if (existsSync(path.join(values[name], 'experiment.json'))) continue;
    throw new BadInput(`--${name}: there is no run in ${values[name]}. examples/decoding-models says how to train it.`);
  }
  const batches = values.batches.split(',').map((count) => whole('batches', count));
  return { ...values, gridPrompts, batches, python: values.python === 'none' ? undefined : values.python };
}

const withCounts = (values) => ({
  ...values,
  ...Object.fromEntries(counts.map((name) => [name, whole(name, values[name])])),
});

function whole(name, value) {
  const count = Number(value);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new BadInput(`--${name}: it must be a whole number of at least 1, was "${value}".`);
}

function parsed(args) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new BadInput(error.message);
  }
}
