// Calls every function of the addon with likely, odd and impossible arguments; only the project's own error may come back.
//
//   node fuzz.mjs --addon=FILE [--seed=1] [--runs=300] [--workers=0] [--journal=FILE]
//
// The journal holds the calls of the run in progress, written before each call: what it ends with is what crashed. Last line of
// stdout: { calls, successes, undeclared, problem? } as JSON. With workers, each of them does the same with a seed of its own.
import { closeSync, openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { ForetokenError, isForetokenError } from '../../../dist/errors.js';
import { callOf } from './arguments.mjs';
import { mend } from './mend.mjs';
import { readSignatures } from './signatures.mjs';
import { loadFrom, World } from './world.mjs';

const { values: options } = parseArgs({
  args: isMainThread ? process.argv.slice(2) : workerData.args,
  options: {
    addon: { type: 'string' },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '300' },
    workers: { type: 'string', default: '0' },
    journal: { type: 'string', default: '/dev/null' },
  },
});
/** The worker that goes on until it is ended. */
const isVictim = !isMainThread && workerData.index === 0;
const seed = Number(options.seed) + (isMainThread ? 0 : workerData.index * 1000);
const addon = loadFrom(options.addon, ForetokenError);
const signatures = readSignatures();
const names = Object.keys(addon);
const calls = Object.fromEntries(names.map((name) => [name, 0]));
const successes = Object.fromEntries(names.map((name) => [name, 0]));
const journal = openSync(isMainThread ? options.journal : '/dev/null', 'w');

if (isMainThread && options.workers !== '0') await inWorkers(Number(options.workers));
else report(run({ isAlone: isMainThread }));
closeSync(journal);

/** @returns what went wrong, or undefined */
function run({ isAlone }) {
  const call = fc.oneof(...names.map((name) => callOf(name, signatures.get(name) ?? [])));
  const property = fc.property(fc.array(call, { minLength: 1, maxLength: 40 }), (list) => {
    writeSync(journal, 'run\n');
    const before = isAlone ? settled() : undefined;
    const world = new World(addon);
    try {
      for (const one of list) attempt(world, one);
    } finally {
      world.end();
    }
    if (isAlone) same(before, settled());
  });
  const numRuns = isVictim ? 1e9 : Number(options.runs);
  const found = fc.check(property, { seed, numRuns, includeErrorInReport: true });
  return found.failed ? fc.defaultReportMessage(found) : undefined;
}

/** What is in use once the pool's scratch is as small as it gets. */
function settled() {
  addon.setThreads(1);
  addon.setThreads(2);
  const { bytes, buffers } = addon.memory();
  return { bytes, buffers };
}

function same(before, after) {
  if (before.bytes === after.bytes && before.buffers === after.buffers) return;
  throw new Error(`memory: ${JSON.stringify(before)} before, ${JSON.stringify(after)} after all was freed`);
}

function attempt(world, { name, given, mended, seed: own }) {
  const values = given.map((one) => world.make(one, own));
  const parameters = signatures.get(name) ?? [];
  for (let tries = mended ? 12 : 1; tries > 0; tries--) {
    writeSync(journal, `${name}(${values.map(shown).join(', ')})\n`);
    calls[name]++;
    let refusal;
    try {
      world.keep(name, addon[name](...values));
      successes[name]++;
    } catch (error) {
      refusal = error;
    }
    if (name === 'setErrorClass') addon.setErrorClass(ForetokenError);
    else if (refusal !== undefined && !isForetokenError(refusal)) throw refusal;
    if (refusal === undefined || !tryMending(refusal, { name, given: values, parameters, world, seed: own })) return;
  }
}

function tryMending(refusal, call) {
  try {
    return mend(refusal, call);
  } catch (error) {
    // The buffer that would be asked for cannot be had.
    if (isForetokenError(error)) return false;
    throw error;
  }
}

function shown(value) {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.length ?? value.byteLength})`;
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 20)) : typeof value;
}

function report(problem) {
  const undeclared = names.filter((name) => !signatures.has(name));
  const result = { seed, calls, successes, undeclared, problem };
  if (isMainThread) console.log(JSON.stringify(result));
  else parentPort.postMessage(result);
}

/** Several threads at once, one of them ended in the middle of its work; then nothing may be left of them. */
async function inWorkers(count) {
  const before = settled();
  const problems = [];
  const started = Array.from({ length: count + 1 }, (_, index) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { args: process.argv.slice(2), index } });
    worker.on('message', (result) => {
      if (result.problem !== undefined) problems.push(`seed ${result.seed}: ${result.problem}`);
      for (const name of names) {
        calls[name] += result.calls[name];
        successes[name] += result.successes[name];
      }
    });
    worker.on('error', (error) => problems.push(String(error)));
    return { worker, ended: new Promise((resolve) => worker.on('exit', resolve)) };
  });
  const [victim, ...others] = started;
  await Promise.all(others.map(({ ended }) => ended));
  await victim.worker.terminate();
  await victim.ended;
  try {
    same(before, settled());
  } catch (error) {
    problems.push(error.message);
  }
  report(problems.length > 0 ? problems.join('\n') : undefined);
}
