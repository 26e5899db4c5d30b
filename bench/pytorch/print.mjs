// What compare.mjs says: a line per run on stderr, then the table or the JSON object.
import os from 'node:os';
import { formatBytes, formatRate } from '../../packages/cli/dist/output/quantities.js';
import { formatTable } from '../../packages/cli/dist/output/table.js';

/** @returns a function that writes a line about each run as it ends */
export const tellOn =
  (stream) =>
  ({ round, place, count, measurement: { side, args }, result, error }) => {
    const came = error ? `FAILED, ${error.reason}` : briefly(result);
    stream.write(`round ${round + 1}, ${place + 1}/${count}: ${side} ${args.join(' ')}: ${came}\n`);
  };

/** The figure of a result that is worth a word while one waits, the first that it has. */
const units = [
  ['greedy_tok_s_b1', 'greedy tokens/s'],
  ['tokensPerSecond', 'tokens/s'],
  ['train_tok_s', 'tokens/s'],
];

function briefly(result) {
  const [key, unit] = units.find(([key]) => key in result) ?? [];
  return key === undefined ? 'done' : `${formatRate(result[key])} ${unit}`;
}

/** The machine as a comparison finds it; the load is that of others. */
export function describeMachine() {
  const [{ model: processor }] = os.cpus();
  return { processor, cores: os.availableParallelism(), memoryBytes: os.totalmem(), load: os.loadavg()[0] };
}

/** Says on a stream that figures will be off, where other work keeps the machine busy. */
export function warnIfBusy({ load, cores }, stream) {
  if (load <= cores / 4) return;
  stream.write(`load ${load.toFixed(1)} on ${cores} cores: other work is running, and ratios will show it.\n`);
}

/** With what a comparison ran. */
export function describeRun({ pairs, threads, steps }, { foretoken, yardstick } = {}) {
  const versions = { node: process.versions.node, torch: yardstick?.torch };
  return { versions, engine: foretoken?.engine, parameters: foretoken?.parameters, pairs, threads, steps };
}

/** Prints a report: JSON on one line, or a table with the failures under it, on stderr. */
export function print(report, { json }) {
  const failures = report.failures.map(({ command, reason, stderr }) => ({ command, reason, stderr }));
  if (json) process.stdout.write(`${JSON.stringify({ ...report, failures })}\n`);
  else process.stdout.write(`${[...headingOf(report), ...tableOf(report.figures)].join('\n')}\n`);
  for (const { command, reason, stderr } of failures) {
    process.stderr.write(`\n${command}: ${reason}\n${stderr.replace(/^/gm, '  ')}\n`);
  }
}

function headingOf({ machine, versions, engine, threads, pairs }) {
  const { processor, cores, load } = machine;
  const sides = [engine && `Foretoken on ${engine}`, versions.torch && `PyTorch ${versions.torch}`].filter(Boolean);
  return [
    `${processor}, ${cores} cores, load before ${load.toFixed(1)}; Node ${versions.node}`,
    [...sides, `${threads} threads, medians of ${pairs} interleaved rounds`].join('; '),
    '',
  ];
}

function tableOf(figures) {
  if (figures.length === 0) return ['no figures'];
  const right = (title) => ({ title, align: 'right' });
  const columns = [
    { title: 'section' },
    { title: 'figure' },
    { title: 'compared with' },
    right('ours'),
    right('theirs'),
    right('ratio'),
    right('lowest to highest'),
    right('target'),
    { title: '' },
  ];
  return formatTable(
    columns,
    figures.map(({ section, name, unit, against, above, below, ratio, ratios, target, isMet }) => [
      section,
      name,
      against,
      ...[above, below].map(unit === 'bytes' ? formatBytes : formatRate),
      ratio.toFixed(2),
      `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
      'atLeast' in target ? `>= ${target.atLeast}` : `<= ${target.atMost}`,
      isMet ? 'met' : 'missed',
    ]),
  );
}
