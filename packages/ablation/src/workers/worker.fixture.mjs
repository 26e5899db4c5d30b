// A worker whose laboratory makes numbers up, and misbehaves where `behaviour.json`, beside the folder of the ablation, says:
// { "HORIZON/SEED": "exit" | "die once" | ... }, or { "*": ... } for every training.
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveTasks } from '../../dist/workers/serve-tasks.js';

const behaviours = {
  exit() {
    console.error('a plugin leaves');
    process.exit(3);
  },
  die: () => process.kill(process.pid, 'SIGKILL'),
  async 'die once'(directory) {
    const marker = path.join(directory, 'died');
    if (await readFile(marker).catch(() => undefined)) return;
    await writeFile(marker, '');
    process.kill(process.pid, 'SIGKILL');
  },
  spin() {
    for (;;);
  },
  // The timer keeps the process; nothing ever comes of it.
  wait: () => new Promise(() => setInterval(() => {}, 60_000)),
  async grow() {
    for (const kept = []; ; kept.push(Buffer.alloc(2 ** 24, 1))) await sleep(5);
  },
  send: () => process.send({ hello: 'world' }),
  pretend() {
    const record = { id: 'of another cell', results: {}, timings: {} };
    process.send({ v: 1, type: 'outcome', id: 1, outcome: { kind: 'measured', record } });
    return new Promise(() => {});
  },
  'stop process': () => process.kill(process.pid, 'SIGSTOP'),
  throw() {
    console.error('about to throw');
    throw new TypeError('a plugin is broken');
  },
  slow: () => sleep(50),
  async 'until stopped'(_, signal) {
    while (!signal.aborted) await sleep(20);
  },
};

const isCalled = ({ model, seed }) => `${model.head.horizon}/${seed}`;

const laboratory = {
  async train(experiment, { directory, onProgress, signal }) {
    await mkdir(directory, { recursive: true });
    const text = await readFile(path.join(directory, '../../../behaviour.json'), 'utf8').catch(() => '{}');
    const wanted = JSON.parse(text);
    const misbehave = behaviours[wanted[isCalled(experiment)] ?? wanted['*']] ?? (() => {});
    const file = path.join(directory, 'metrics.jsonl');
    const before = await readFile(file, 'utf8').catch(() => '');
    const { steps } = experiment.training;
    await appendFile(path.join(directory, 'pids'), `${process.pid}\n`);
    for (let step = before.split('\n').length; step <= steps; step++) {
      if (signal.aborted) throw new Error('saved');
      await appendFile(file, `{"step":${step}}\n`);
      onProgress({ step, steps, loss: 1 / step, tokensPerSecond: 1 });
      if (step > 1) await misbehave(directory, signal);
    }
    return {
      ...{ parameters: 10 * experiment.model.head.horizon, layers: 6, trunkLayers: 5, steps, skippedSteps: 0 },
      ...{ tokens: steps, flopsPerToken: { forward: 1, training: 3 }, trainingFlops: 3 * steps, match: { to: 'none' } },
      ...{ peakBytes: process.pid, data: { contentHash: 'c', trainBytes: 1, validationBytes: 1 } },
      timings: { seconds: process.uptime(), tokensPerSecond: process.pid },
    };
  },
  async evaluate({ seed, model, evals }, { onProgress }) {
    onProgress(1, 1, 'bits-per-byte');
    const threads = process.argv[2] ?? 'all';
    const results = { offsets: [1], perOffset: [model.head.horizon + seed / 8], threads };
    const all = { 'bits-per-byte': { results }, throughput: { results: {}, timings: { threads, pid: process.pid } } };
    return Object.fromEntries(evals.flatMap(({ name }) => (all[name] ? [[name, all[name]]] : [])));
  },
};

await serveTasks(async () => laboratory);
