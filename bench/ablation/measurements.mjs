// What is measured: by name, a function that gives figures with their limits.
import { execFile, fork } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createForetokenHost, planAblation, runAblation } from '../../packages/ablation/dist/index.js';
import { builtBin } from '../pytorch/settings.mjs';
import { manyCells, manyRuns } from './blown-up.mjs';
import { writeMatrix } from './matrices.mjs';

const run = promisify(execFile);
const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** @returns seconds of a `foretoken` command, with what it printed */
async function command(...args) {
  const startMs = performance.now();
  const { stdout, stderr } = await run(process.execPath, [builtBin, ...args], { maxBuffer: 2 ** 28 });
  return { seconds: (performance.now() - startMs) / 1000, stdout, stderr };
}

const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** The same thing so many times over, one after the other. */
async function times(count, work) {
  const results = [];
  for (let i = 0; i < count; i++) results.push(await work(i));
  return results;
}

async function planned(name, folder) {
  const host = await createForetokenHost();
  const plan = await planAblation(await writeMatrix(name, folder), host);
  return { host, plan };
}

/** Seconds from when the first task was begun until the last was finished, and of the whole run. */
async function timedRun(plan, host, workers) {
  let firstMs;
  let lastMs;
  const startMs = performance.now();
  const { failedCells } = await runAblation(plan, {
    ...{ host, workers },
    onEvent(event) {
      if (event.type === 'finished') {
        firstMs ??= performance.now();
        lastMs = performance.now();
      }
    },
  });
  if (failedCells > 0) throw new Error(`${failedCells} cells of ${plan.directory} failed`);
  return { seconds: (performance.now() - startMs) / 1000, betweenSeconds: (lastMs - firstMs) / 1000 };
}

async function pool({ folder }) {
  const { host, plan } = await planned('pool', folder);
  const { betweenSeconds } = await timedRun(plan, host, { entry: here('./no-op-worker.mjs') });
  await host.dispose();
  // The first task's end is where the clock starts: half a cell is done by then.
  const value = (1000 * betweenSeconds) / (plan.cells.length - 0.5);
  const detail = `${plan.cells.length} cells of a training and a measurement that do nothing, one worker with its engine open`;
  return [{ what: 'pool overhead per cell', value, limit: 150, unit: 'ms', digits: 0, detail }];
}

async function start() {
  const count = 11;
  const entry = here('../../packages/ablation/dist/workers/worker-main.js');
  const seconds = await times(count, async () => {
    const startMs = performance.now();
    const child = fork(entry, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'] });
    child.stdio[4].resume();
    await new Promise((resolve) => child.once('message', resolve));
    const took = (performance.now() - startMs) / 1000;
    await new Promise((resolve) => child.once('exit', resolve).kill('SIGKILL'));
    return took;
  });
  const detail = `from its fork until it says that it is ready; median of ${count}`;
  return [{ what: 'cold start of a worker', value: middle(seconds), limit: 1.2, unit: 's', digits: 2, detail }];
}

async function workers({ folder, pairs }) {
  const { host, plan } = await planned('workers', folder);
  const entry = here('./one-thread-worker.mjs');
  const runOf = async (count, pair) => {
    const directory = path.join(folder, `out-${count}-${pair}`);
    const { seconds } = await timedRun({ ...plan, directory }, host, { count, entry });
    process.stderr.write(`${count} of one thread: ${seconds.toFixed(1)} s\n`);
    return seconds;
  };
  const ratios = await times(pairs, async (pair) => {
    const one = await runOf(1, pair);
    return (await runOf(2, pair)) / one;
  });
  await host.dispose();
  const detail = `${plan.trainings.length} trainings and no evals, starts included; median of ${pairs} in turn`;
  const what = 'two workers of one thread over one such worker';
  return [{ what, value: middle(ratios), limit: 0.55, unit: '', digits: 3, detail }];
}

async function plan({ folder }) {
  const file = await writeMatrix('plan', folder);
  const runs = await times(3, () => command('ablate', file, '--plan', '--json'));
  const { cells } = JSON.parse(runs[0].stdout);
  if (cells.length !== 1000) throw new Error(`the matrix has ${cells.length} cells, not 1,000`);
  const value = middle(runs.map(({ seconds }) => seconds));
  const detail = '`ablate --plan --json`, models counted and a moment of training timed; median of 3';
  return [{ what: 'plan of 1,000 cells', value, limit: 2, unit: 's', digits: 2, detail }];
}

/** Everything that follows a finished matrix, which is the same for all. */
async function finished({ folder }) {
  const file = await writeMatrix('finished', folder);
  await command('ablate', file);
  const out = path.join(folder, 'out');
  const before = await readFile(path.join(out, 'results.json'), 'utf8');
  const again = await times(5, () => command('ablate', file));
  if (before !== (await readFile(path.join(out, 'results.json'), 'utf8'))) throw new Error('results.json has changed');
  const [large, runs] = [path.join(folder, 'large'), path.join(folder, 'runs')];
  await manyCells(out, large, 100);
  const report = await command('report', large);
  const { size } = await stat(path.join(large, 'report.html'));
  await manyRuns(out, runs, 1000);
  const index = await command('index', runs, '--index', path.join(folder, 'index.sqlite'));
  return [
    {
      ...{ what: 'a finished matrix run again', limit: 1, unit: 's', digits: 2 },
      value: middle(again.map(({ seconds }) => seconds)),
      detail: '`ablate` of 10 cells, nothing trained, the same `results.json`; median of 5',
    },
    {
      ...{ what: 'report of 1,000 cells', value: report.seconds, limit: 10, unit: 's', digits: 1 },
      detail: '`report`: 200 arms of five seeds, 2,000 steps each',
    },
    { what: 'its page', value: size / 1e6, limit: 5, unit: 'MB', digits: 2, detail: '`report.html`' },
    {
      ...{ what: 'index of 1,000 runs', value: index.seconds, limit: 5, unit: 's', digits: 1 },
      detail: '`index` of run folders with a checkpoint each, into a new file',
    },
  ];
}

/** In the order that they run in. */
export const measurements = [
  { name: 'start', measure: start },
  { name: 'pool', measure: pool },
  { name: 'plan', measure: plan },
  { name: 'workers', measure: workers },
  { name: 'finished', measure: finished },
];
