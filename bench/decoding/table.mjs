// Measures decoding with two trained models, and writes every figure of the decoding table as Markdown.
//
//   node bench/decoding/table.mjs [--n4 runs/decoding-n4] [--n8 runs/decoding-n8] [--python python3] [--out FILE] [--json FILE]
//
// Progress goes to stderr, the tables to stdout and, with --out, into a file. docs/guide/benchmarks.md says what is measured.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { markdownOf } from './markdown.mjs';
import { measurements, torchName } from './measurements.mjs';
import { BadInput, help, readSettings } from './settings.mjs';

async function main() {
  const settings = readSettings(process.argv.slice(2));
  if (settings.help) return process.stdout.write(`${help}\n`);
  if (!existsSync(settings.bin)) throw new BadInput('the checkout is not built. Run `npm run setup` first.');
  const [{ runJson }, { describeMachine, warnIfBusy }] = await Promise.all([
    import('../pytorch/command.mjs'),
    import('../pytorch/print.mjs'),
  ]);
  const machine = describeMachine();
  warnIfBusy(machine, process.stderr);
  const results = await measureAll(measurements(settings), runJson, settings);
  const summaries = Object.fromEntries(['n4', 'n8'].map((model) => [model, summaryOf(settings[model])]));
  const report = { machine, settings, node: process.versions.node, summaries, results };
  checkParameters(report);
  if (settings.json) writeFileSync(settings.json, `${JSON.stringify(report)}\n`);
  const text = markdownOf(report);
  if (settings.out) writeFileSync(settings.out, text);
  process.stdout.write(text);
}

/** @returns by name: the command, and its results, one for each time that it was run */
async function measureAll(all, runJson, { timeout }) {
  const results = {};
  const started = performance.now();
  for (const [place, { name, program, args }] of all.entries()) {
    const minutes = ((performance.now() - started) / 60_000).toFixed(1);
    process.stderr.write(`${place + 1}/${all.length}, after ${minutes} min: ${name}\n`);
    const result = await runJson(program, args, { timeoutMs: timeout * 1_000 });
    results[name] = { command: [program, ...args].join(' '), runs: [...(results[name]?.runs ?? []), result] };
  }
  return results;
}

/** What a finished training says of itself. */
function summaryOf(folder) {
  return JSON.parse(readFileSync(path.join(folder, 'summary.json'), 'utf8'));
}

/** A head that is no whole number of blocks is matched but for a few parameters. */
const MATCHED = 1e-3;

/** The yardstick and the model with four offsets must be of one size, or their ratio means nothing. */
function checkParameters({ summaries, results }) {
  const torch = results[torchName(1)];
  const [ours, theirs] = [summaries.n4.parameters, torch?.runs[0].params];
  if (!torch || Math.abs(ours / theirs - 1) < MATCHED) return;
  process.stderr.write(`the models differ: ${ours} parameters here, ${theirs} in PyTorch; their ratio means nothing\n`);
  process.exitCode = 1;
}

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
main().catch((error) => {
  process.stderr.write(
    `${error instanceof BadInput || error.name === 'CommandFailed' ? error.message : error.stack}\n`,
  );
  if (error.stderr) process.stderr.write(`${error.stderr.replace(/^/gm, '  ')}\n`);
  process.exitCode = error instanceof BadInput ? 2 : 1;
});
