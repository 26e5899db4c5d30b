// Measures decoding with two trained models, and writes every figure of the decoding table as Markdown.
//
//   node bench/decoding/table.mjs [--n4 runs/decoding-n4] [--n8 runs/decoding-n8] [--python python3] [--out FILE] [--json FILE]
//
// Progress goes to stderr, the tables to stdout and, with --out, into a file. With --json what was measured is kept as it comes,
// and a table that was broken off goes on. docs/guide/benchmarks.md says what is measured.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parsedObject, runJson } from '../pytorch/command.mjs';
import { markdownOf } from './markdown.mjs';
import { measurements, torchName } from './measurements.mjs';
import { BadInput, help, readSettings } from './settings.mjs';

async function main() {
  const settings = readSettings(process.argv.slice(2));
  if (settings.help) return process.stdout.write(`${help}\n`);
  if (!existsSync(settings.bin)) throw new BadInput('the checkout is not built. Run `npm run setup` first.');
  const { describeMachine, warnIfBusy } = await import('../pytorch/print.mjs');
  const machine = describeMachine();
  warnIfBusy(machine, process.stderr);
  const summaries = Object.fromEntries(['n4', 'n8'].map((model) => [model, summaryOf(settings[model])]));
  const results = settings.json ? unfinishedIn(settings.json, summaries) : {};
  const report = { machine, settings, node: process.versions.node, summaries, results };
  const keep = (isUnfinished) => {
    if (settings.json) write(settings.json, { ...report, ...(isUnfinished && { isUnfinished }) });
  };
  await measureAll(measurements(settings), results, { ...settings, keep });
  checkParameters(report);
  keep(false);
  const text = markdownOf(report);
  if (settings.out) writeFileSync(settings.out, text);
  process.stdout.write(text);
}

/**
 * Measures what is not among the results yet.
 *
 * @param results - by name: the command, and its results, one for each time that it was run; added to
 */
async function measureAll(all, results, { keep, timeout }) {
  const started = performance.now();
  const met = {};
  for (const [place, { name, program, args }] of all.entries()) {
    const command = [program, ...args].join(' ');
    if (results[name]?.command !== command) results[name] = { command, runs: [] };
    const { runs } = results[name];
    met[name] = (met[name] ?? 0) + 1;
    if (met[name] <= runs.length) continue;
    const minutes = ((performance.now() - started) / 60_000).toFixed(1);
    process.stderr.write(`${place + 1}/${all.length}, after ${minutes} min: ${name}\n`);
    runs.push(await runJson(program, args, { timeoutMs: timeout * 1_000 }));
    keep(true);
  }
}

/** What a table of the same models that was broken off had measured; nothing where the file holds anything else. */
function unfinishedIn(file, summaries) {
  const kept = existsSync(file) ? parsedObject(readFileSync(file, 'utf8')) : undefined;
  if (!kept?.isUnfinished || JSON.stringify(kept.summaries) !== JSON.stringify(summaries)) return {};
  process.stderr.write(`goes on from ${file}; to measure all anew, remove it\n`);
  return kept.results;
}

function write(file, value) {
  writeFileSync(`${file}.new`, `${JSON.stringify(value)}\n`);
  renameSync(`${file}.new`, file);
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
