// Measures what an ablation costs beside its trainings, and writes the figures with their limits as a Markdown table.
//
//   node bench/ablation/numbers.mjs [--pairs 1] [--only NAME,...] [--out FILE]
//
// Takes some three minutes on two idle cores; progress goes to stderr. Exit code 1 if a figure is above its limit, 2 for bad
// input. docs/guide/benchmarks.md says what is measured.
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, warnIfBusy } from '../pytorch/print.mjs';
import { BadInput, builtBin } from '../pytorch/settings.mjs';
import { measurements } from './measurements.mjs';

function readSettings() {
  const options = { pairs: { type: 'string', default: '1' }, only: { type: 'string' }, out: { type: 'string' } };
  const { values } = parseArgs({ options });
  const pairs = Number(values.pairs);
  if (!Number.isInteger(pairs) || pairs < 1)
    throw new BadInput(`--pairs must be an integer >= 1, was ${values.pairs}.`);
  const names = measurements.map(({ name }) => name);
  const only = values.only?.split(',') ?? names;
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new BadInput(`--only knows ${names.join(', ')}, was ${unknown}.`);
  if (!existsSync(builtBin)) throw new BadInput('the checkout is not built. Run `npm run setup` first.');
  return { pairs, only, out: values.out };
}

const said = ({ value, unit, digits }) => `${value.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;

function tableOf(figures, { processor, cores, load }) {
  const rows = figures.map((figure) => {
    const { what, limit, value, detail } = figure;
    return `| ${what} | ${said(figure)} | ${said({ ...figure, value: limit })} | ${value <= limit ? 'yes' : '**no**'} | ${detail} |`;
  });
  const machine = `${processor}, ${cores} cores, load before ${load.toFixed(1)}; Node ${process.versions.node}`;
  return `${[machine, '', '| what | measured | at most | holds | how |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')}\n`;
}

async function main() {
  const settings = readSettings();
  const machine = describeMachine();
  warnIfBusy(machine, process.stderr);
  const folder = await mkdtemp(path.join(tmpdir(), 'foretoken-numbers-'));
  try {
    const figures = [];
    for (const { name, measure } of measurements.filter(({ name }) => settings.only.includes(name))) {
      const startMs = performance.now();
      figures.push(...(await measure({ folder: path.join(folder, name), pairs: settings.pairs })));
      process.stderr.write(`${name}: ${((performance.now() - startMs) / 1000).toFixed(0)} s\n`);
    }
    const text = tableOf(figures, machine);
    if (settings.out) writeFileSync(settings.out, text);
    process.stdout.write(text);
    if (figures.some(({ value, limit }) => value > limit)) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

main().catch((error) => {
  process.stderr.write(`${error instanceof BadInput ? error.message : error.stack}\n`);
  process.exitCode = error instanceof BadInput || error.code?.startsWith?.('ERR_PARSE_ARGS') ? 2 : 1;
});
