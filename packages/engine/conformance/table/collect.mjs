import { fileURLToPath } from 'node:url';
import { loadSource } from '../load-source.mjs';
import { runApart } from '../run-apart.mjs';
import { runSpecsApart } from '../specs/run-apart.mjs';
import { runSuites, SUITES } from './test-suites.mjs';

/** The columns of the table, in this order. */
export const ENGINES = ['native', 'wasm', 'cpu', 'webgpu', 'tensorflow'];

/**
 * Runs everything on every engine that can run here.
 * @param say - told what is about to run
 * @returns by engine, its results, or `{ reason }` for one that cannot run here
 */
export async function collect(say) {
  const { listEngines } = await loadSource("export { listEngines } from './src/open-engine.ts';");
  const found = new Map((await listEngines()).map((engine) => [engine.name, engine]));
  say('tests, on every engine');
  const suites = await runSuites();
  const results = {};
  for (const name of ENGINES) {
    const engine = found.get(name);
    say(`${name}: ${engine?.available ? 'operations, then the specs of tfjs-core' : 'cannot run here'}`);
    results[name] = engine?.available
      ? { ...(await judged(name)), suites: suitesOf(name, suites) }
      : { reason: reasonOf(engine) };
  }
  return results;
}

function suitesOf(name, suites) {
  const absent = Object.keys(SUITES).filter((suite) => suites[name]?.[suite] === undefined);
  if (absent.length > 0) throw new Error(`no tests for ${name} in ${absent.map((suite) => SUITES[suite]).join(', ')}`);
  return suites[name];
}

const judgeOps = fileURLToPath(new URL('judge-ops.mjs', import.meta.url));

async function judged(name) {
  const { code, stdout, stderr } = await runApart(judgeOps, [name]);
  if (code !== 0) throw new Error(`judging the operations of ${name} failed: ${stderr}`);
  const { summary, stderr: trouble } = await runSpecsApart('--engine', name);
  if (summary === undefined) throw new Error(`the specs of tfjs-core did not end on ${name}: ${trouble}`);
  const { specs, passed, failed, known, missing, skipped, missingKernels, failures, differences } = summary;
  const counts = { specs, passed, failed, known, missing, skipped };
  return {
    ...JSON.parse(stdout),
    specs: { ...counts, missingKernels, failures: failures.map((spec) => spec.name), differences: tally(differences) },
  };
}

/** @returns how many specs differ for each reason */
function tally(differences) {
  const counts = {};
  for (const { reason } of differences) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** One sentence without the places of this machine. */
export function reasonOf(engine) {
  if (engine === undefined) return 'not in this version';
  return engine.detail
    .split('\n')[0]
    .replace(/\s*\((?:\/|\w:\\)[^)]*\)/g, '')
    .replace(/(?:file:\/\/)?(?:\/[\w.@+-]+){2,}\/?/g, (path) => path.split('/').filter(Boolean).at(-1))
    .replace(/\.$/, '');
}
