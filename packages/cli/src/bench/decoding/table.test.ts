import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeProgram, runScript } from '../program.fixture.ts';

/** It stands outside every package; it measures this package's command. */
const table = fileURLToPath(new URL('../../../../../bench/decoding/table.mjs', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'foretoken-table-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const fake = (name: string, answer: string) => fakeProgram(folder, name, answer);

/** A folder that looks like a finished run. */
function fakeRun(name: string, parameters: number): string {
  const run = path.join(folder, name);
  mkdirSync(run, { recursive: true });
  writeFileSync(path.join(run, 'experiment.json'), '{}');
  const summary = { parameters, tokens: 6_348_800, timings: { seconds: 1_200 } };
  writeFileSync(path.join(run, 'summary.json'), JSON.stringify(summary));
  return run;
}

const theirs =
  "return { params: 10_000, torch: '9.9', greedy_tok_s_b1: 100 / Number(args[args.indexOf('--threads') + 1]) };";
const ours = `
  const has = (word) => args.includes(word);
  const of = (word) => args[args.indexOf(word) + 1];
  const isEight = args.some((word) => word.endsWith('run8'));
  if (has('eval')) return { evals: {
    'bits-per-byte': { results: { perOffset: [1.5, 2], bigram: 3.9 } },
    acceptance: { results: {
      labelMatch: { tokensPerForward: isEight ? 2.1 : 1.7 },
      decoders: { speculative: { repetition: { distinct4: 0.2, textDistinct4: 0.8, degenerate: isEight } } },
    } },
  } };
  const batches = has('--batch') ? of('--batch').split(',').map(Number) : [1];
  if (has('--best-k')) return { batches: batches.map((batch) => ({ batch, fixed: [100, 120], best: batch > 4 ? 0 : 1, bestInPairs: 118, costModel: 119, costModelLevels: 1, ratio: 0.99 - batch / 100, ratioQuartiles: [0.9, 1.1] })) };
  if (has('--curve')) return { nodes: [1, 2], batches: batches.map((batch) => ({ batch, verifyMs: [1, 1.5], stepMs: [2, 2.5] })) };
  if (has('--batch')) return batches.map((batch) => ({ tokensPerSecond: 50 * batch ** 0.5 }));
  const speed = { engine: 'fake', threads: 2, tokensPerSecond: 400 };
  if (!has('--decoder')) return { ...speed, decoder: 'speculative' };
  const more = { overGreedy: 1.9, decodingOverGreedy: 2, bound: 2.1, shareOfBound: 0.904, decodingShareOfBound: 0.95 };
  const parity = { prompts: 64, equalToGreedy: 64 };
  const tree = { ...speed, ...more, prompts: 64, equalToGreedy: 63, decoder: 'tree-16', tokensPerForward: 3.1 };
  return [{ ...speed, decoder: 'greedy', weightBytes: 384000, pastBytesPerToken: 320 }, { ...speed, ...more, ...parity, decoder: 'speculative', tokensPerForward: 2.8, javaScriptShare: 0.123, javaScriptMsPerStep: 0.4, sessionJavaScriptShare: 0.09, sessionJavaScriptMsPerStep: 0.3 }, ...(isEight ? [tree] : [])];
`;

const run = (...args: string[]) => runScript(table, args);

const sides = (parameters = 10_003) => [
  ...['--n4', fakeRun('run4', parameters), '--n8', fakeRun('run8', 100)],
  ...['--python', fake('python', theirs), '--bin', fake('bin', ours), '--batches', '1,4,16'],
];

describe('table.mjs', () => {
  it('puts every figure of both models into its row, beside what the models are', async () => {
    const out = path.join(folder, 'table.md');
    const { code, stdout, stderr } = await run(...sides(), '--out', out);
    expect({ code }, stderr).toEqual({ code: 0 });
    expect(readFileSync(out, 'utf8')).toBe(stdout);
    const rows = stdout.split('\n');
    const cells = (start: string) =>
      rows
        .find((row) => row.startsWith(`| ${start}`))
        ?.split(' | ')
        .slice(1);
    expect(cells('share of the bound, prefill')).toEqual(['.85', '.95', '0.90', '0.90 |']);
    expect(cells('tokens per forward')).toEqual(['2.2 / 2.8', '3.0 / 4.5', '2.80', '2.80 |']);
    expect(cells('the same, `tree` of 16')?.slice(2)).toEqual(['–', '3.10 (1.90; 2.00 of greedy) |']);
    expect(cells('prompts whose text was')?.slice(2)).toEqual(['64 of 64', '64 of 64; 63 of 64 |']);
    // By hand: 320 bytes a token are 122,880 for the 384 of half the text: 16 x .50688 / 2.35008 MB.
    const bytes = '3.45 (W 0.4 MB, P 0.1 MB)';
    expect(cells('the same by bytes alone')?.slice(2)).toEqual([bytes, `${bytes} |`]);
    expect(cells('a drafted level')?.slice(2)).toEqual(['0.50; 25%', '0.50; 25% |']);
    expect(cells('label-match')).toEqual(['1.6 / 1.8', '2.2 / 2.8', '1.70', '2.10 |']);
    // PyTorch is faster on one thread, and its faster number of threads counts.
    expect(cells('speculative tokens/s over PyTorch')).toEqual(['3.5', '10', '4.00 (400 / 100)', '– |']);
    expect(cells('greedy tokens/s at batch 16')?.slice(2)).toEqual(['4.00 (200 / 50)', '4.00 (200 / 50) |']);
    expect(cells('JavaScript')?.slice(2)).toEqual(['9.0% (0.30 ms)', '9.0% (0.30 ms) |']);
    expect(cells('the same with rule')?.slice(2)).toEqual(['12.3% (0.40 ms)', '12.3% (0.40 ms) |']);
    expect(cells('cost model over')?.slice(2)).toEqual(['0.830', '0.830 |']);
    expect(cells('batch at which')?.slice(2)).toEqual(['16', '16 |']);
    expect(cells('n=8 ')).toEqual(['100', '6,348,800', '20.0', '1.500', '3.900', '0.20 / 0.80', '**yes** |']);
    expect(cells('n=4, batch')?.at(-1)).toBe('over the best, pair by pair |');
    expect(stdout).toContain('    foretoken bench decoding --run ');
  });

  it('runs PyTorch and ours in turns, in the opposite order every other time', async () => {
    const { stderr } = await run(...sides(), '--pairs', '2');
    const order = [...stderr.matchAll(/min: (PyTorch, \d thread|beside PyTorch)/g)].map(([, name]) => name);
    const round = ['PyTorch, 2 thread', 'PyTorch, 1 thread', 'beside PyTorch'];
    expect(order).toEqual([...round, ...round.toReversed()]);
  });

  it('goes on where it was broken off, and measures all anew once it is finished', async () => {
    const json = path.join(folder, 'table.json');
    const broken = path.join(folder, 'broken');
    writeFileSync(broken, '');
    const bin = fake(
      'breaks',
      `if (args.includes('--best-k') && require('node:fs').existsSync('${broken}')) process.exit(3);${ours}`,
    );
    const measured = async (parameters?: number) => {
      const { code, stdout, stderr } = await run(...sides(parameters), '--bin', bin, '--pairs', '1', '--json', json);
      return { code, stdout, names: [...stderr.matchAll(/ min: (.*)/g)].map(([, name]) => name) };
    };
    const first = await measured();
    expect(first).toMatchObject({ code: 1, stdout: '' });
    expect(first.names.at(-1)).toBe('levels, n4');
    // Of models that were trained anew nothing is known.
    expect((await measured(10_004)).names).toEqual(first.names);
    rmSync(broken);
    const second = await measured(10_004);
    expect(second.names).toEqual(['levels, n4', 'levels, n8', 't(k), n4', 't(k), n8']);
    const third = await measured(10_004);
    expect(third.names).toEqual([...first.names.slice(0, -1), ...second.names]);
    expect(third).toMatchObject({ code: 0, stdout: second.stdout });
  });

  it('says that the ratio to another model means nothing, and that a command failed', async () => {
    const other = await run(...sides(9_900));
    expect(other.code).toBe(1);
    expect(other.stderr).toContain('9900 parameters here, 10000 in PyTorch');
    const failing = await run(...sides(), '--bin', fake('failing', "console.error('no run today'); process.exit(3);"));
    expect(failing.code).toBe(1);
    expect(failing.stderr).toMatch(/exit code 3\n {2}no run today/);
  });

  it.each([
    [['--n4', '/nowhere'], /--n4: there is no run in \/nowhere/],
    [['--pairs', '0'], /--pairs: it must be a whole number of at least 1/],
    [['--jsn'], /Unknown option '--jsn'/],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await run(...sides(), ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
