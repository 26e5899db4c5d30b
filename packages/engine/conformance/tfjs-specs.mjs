// Runs tfjs-core's own specs of operations on one engine. Exit codes: 0 nothing failed but known differences, 1 something
// else did, 2 bad input or an engine that cannot run here.
//
//   node packages/engine/conformance/tfjs-specs.mjs --engine native [--json] [--filter RE] [--known FILE]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadSource } from './load-source.mjs';
import { judgeSpecs } from './specs/judge-specs.mjs';
import { render, summarize } from './specs/report-specs.mjs';
import { runSpecs } from './specs/run-specs.mjs';

const options = {
  engine: { type: 'string' },
  json: { type: 'boolean', default: false },
  filter: { type: 'string', default: '' },
  known: { type: 'string' },
};

/** Why the engine cannot be judged here, if it cannot. */
async function refusal(name) {
  const { listEngines } = await loadSource("export { listEngines } from './src/open-engine.ts';");
  const engines = await listEngines();
  const found = engines.find((engine) => engine.name === name);
  if (found === undefined) return `no engine "${name}". Engines: ${engines.map((engine) => engine.name).join(', ')}.`;
  return found.available ? undefined : `engine "${name}" cannot run here: ${found.detail}.`;
}

/** tfjs and its specs talk a lot, some of it to stdout, which is the report's. */
function muteConsole() {
  const { log } = console;
  for (const method of ['log', 'info', 'warn', 'error', 'debug']) console[method] = () => {};
  return log;
}

async function main() {
  const { engine, json, filter, known } = parseArgs({ options }).values;
  const problem = engine === undefined ? 'which engine? Say --engine NAME.' : await refusal(engine);
  if (problem !== undefined) {
    console.error(problem);
    return 2;
  }
  const file = known ?? new URL('known-differences.json', import.meta.url);
  const { [engine]: differences = [] } = JSON.parse(readFileSync(file, 'utf8'));
  const print = muteConsole();
  const results = await runSpecs(engine, new RegExp(filter));
  const summary = summarize(engine, judgeSpecs(results, differences, filter === ''));
  print(json ? JSON.stringify(summary) : render(summary));
  return summary.failed === 0 ? 0 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 2;
  },
);
