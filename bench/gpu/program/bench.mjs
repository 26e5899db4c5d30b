import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const bin = () => fileURLToPath(new URL('node_modules/foretoken/dist/bin.js', import.meta.url));

/** For a GPU that a processor plays: a model that trains a step within seconds. */
const SMALL = ['--width', '32', '--layers', '3', '--attention-heads', '2', '--horizon', '2'];

/** One of the models that decoding is measured with, with random weights: what a step takes does not follow from those. */
const DECODING = [
  '--width',
  '192',
  '--layers',
  '12',
  '--attention-heads',
  '6',
  '--match',
  'parameters',
  '--head',
  'hydra',
];

/** One benchmark: options of either size, those of the whole model, and those that are added to `SMALL`. */
const bench = (what, options, { whole = [], small }) => ({ what, options, whole, small });

/** Shares of the bound, of JavaScript and of batches, as `bench/decoding/table.mjs` has them. */
const shares = (horizon, ...options) =>
  bench('decoding', ['--decoder', 'greedy,speculative', '--policy', 'fixed', '--split'], {
    whole: [...DECODING, '--horizon', `${horizon}`, '--batch', '1,16', ...options],
    small: ['--head', 'hydra', '--horizon', `${horizon}`, '--tokens', '16'],
  });

/** On a GPU, the yardstick's model and one of those of decoding. */
const ON_GPU = [
  bench('training', [], { small: ['--batch', '2', '--context', '32', '--steps', '3', '--warmup', '1'] }),
  bench('decoding', ['--decoder', 'greedy'], { small: ['--tokens', '16'] }),
  bench('decoding', ['--decoder', 'speculative'], { small: ['--tokens', '16'] }),
  shares(4),
];

const ON_PROCESSOR = [4, 8].map((horizon) => shares(horizon, '--threads', '2', '--prompt', '256', '--tokens', '256'));

/** `foretoken bench` on an engine, each in a process of its own. */
export async function* benchOf(name, { isSmall, say }) {
  for (const { what, options: both, whole, small } of name === 'native' ? ON_PROCESSOR : ON_GPU) {
    const options = [...both, ...(isSmall ? [...SMALL, ...small] : whole)];
    say(`${name}: bench ${what} ${options.join(' ')}`);
    const args = [bin(), 'bench', what, '--engine', name, ...options, '--json'];
    try {
      const { stdout } = await run(process.execPath, args, { maxBuffer: 2 ** 26 });
      for (const line of [JSON.parse(stdout)].flat()) yield { what, options, ...line };
    } catch (error) {
      yield { what, options, engine: name, error: sentenceOf(error) };
    }
  }
}

/** What the command said of its failure, among its progress. */
function sentenceOf({ stderr = '', message }) {
  const lines = stderr.split('\n').filter((line) => /^[A-Z_]{3,}: |^\w*Error: /.test(line));
  return lines[0] ?? message.split('\n')[0];
}
