import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { loadPluginPackage } from '@foretoken/core';
import { openEngine } from '@foretoken/engine';
import type { Incident } from './incidents.ts';
import type { FromChild, Job } from './messages.ts';
import { runSuite } from './run-suite.ts';
import { watchCalls } from './watch-calls.ts';
import { watchGlobals } from './watch-globals.ts';
import { watchProcess } from './watch-process.ts';

// A child process of a plugin check: it loads one package as a host would, and runs one suite. Whatever the plugin does to
// it, the parent reports and outlives.

/** Says something, and waits until it is said: the plugin's code may never give the process another turn. */
const say = (message: FromChild): Promise<void> =>
  new Promise((resolve) => {
    process.send!(message, undefined, {}, () => resolve());
  });

// Between a plugin's line and what refused it lie the framework's guards and tfjs.
Error.stackTraceLimit = 40;
new Worker(new URL('./beat-thread.js', import.meta.url)).unref();
const listening = once(process, 'message');
// Loaded before anything is measured or remembered.
await import('@foretoken/core/contract-checks');
const [job] = (await listening) as [Job];
try {
  await perform(job);
} catch (error) {
  await say({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
}
process.disconnect();
process.exit(0);

async function perform({ directory, suite }: Job): Promise<void> {
  // Opened first: what an engine adds to the process is not the plugin's.
  if (suite) await openEngine({ name: suite.engine });
  const framework = await frameworkFrames(directory);
  const calls = watchCalls((frame) => frame.includes(directory), framework);
  // The framework's own, which is there once it first writes a file: not the plugin's either.
  Object.assign(globalThis, { [Symbol.for('foretoken.temporary-names')]: new Set() });
  const globals = watchGlobals();
  const settled = watchProcess();
  await say({ type: 'importing' });
  const startMs = performance.now();
  const { definitions } = await loadPluginPackage(directory, { from: directory });
  const ms = performance.now() - startMs;
  const changes = [...(await settled()), ...globals(), ...calls()];
  await say({ type: 'loaded', ms, incidents: changes });
  if (suite) await runSuite(definitions, suite, { directory, say });
  const later = [...globals(), ...calls()].filter((one) => !changes.some((known) => isSame(one, known)));
  await say({ type: 'done', incidents: later, peakBytes: process.resourceUsage().maxRSS * 1024 });
}

function isSame(one: Incident, other: Incident): boolean {
  return one.what === other.what && one.detail === other.detail;
}

/** Whether a stack's line is of Foretoken or tfjs. */
async function frameworkFrames(directory: string): Promise<(frame: string) => boolean> {
  const { realpathSync } = await import('node:fs');
  const { createRequire } = await import('node:module');
  const path = await import('node:path');
  const { resolve } = createRequire(import.meta.url);
  const own = ['core', 'engine'].map((name) => realpathSync(path.dirname(resolve(`@foretoken/${name}/package.json`))));
  return (frame) =>
    !frame.includes(directory) && (own.some((folder) => frame.includes(folder)) || frame.includes('@tensorflow'));
}
