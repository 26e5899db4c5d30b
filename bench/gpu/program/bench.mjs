import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const bin = () => fileURLToPath(new URL('node_modules/foretoken/dist/bin.js', import.meta.url));

/** For a GPU that a processor plays: a model that trains a step within seconds. */
const SMALL = ['--width', '32', '--layers', '3', '--attention-heads', '2', '--horizon', '2'];

/** What `foretoken bench` is asked for; without `SMALL`, the yardstick's model. */
const benches = (isSmall) => [
  {
    what: 'training',
    options: isSmall ? [...SMALL, '--batch', '2', '--context', '32', '--steps', '3', '--warmup', '1'] : [],
  },
  { what: 'decoding', options: ['--decoder', 'greedy', ...(isSmall ? [...SMALL, '--tokens', '16'] : [])] },
  { what: 'decoding', options: ['--decoder', 'speculative', ...(isSmall ? [...SMALL, '--tokens', '16'] : [])] },
];

/** `foretoken bench` on an engine, each in a process of its own. */
export async function* benchOf(name, { isSmall, say }) {
  for (const { what, options } of benches(isSmall)) {
    say(`${name}: bench ${what} ${options.join(' ')}`);
    const args = [bin(), 'bench', what, '--engine', name, ...options, '--json'];
    try {
      const { stdout } = await run(process.execPath, args, { maxBuffer: 2 ** 26 });
      yield { what, options, ...JSON.parse(stdout) };
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
