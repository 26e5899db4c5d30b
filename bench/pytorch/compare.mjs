// Compares Foretoken with the yardstick, PyTorch on the same machine, in interleaved pairs of runs.
//
//   node bench/pytorch/compare.mjs --python python3 [--pairs 5] [--threads 2] [--only training,decoding] [--json]
//
// Progress goes to stderr; stdout gets a table, or with --json one object. docs/guide/benchmarks.md says what is measured.
import { existsSync } from 'node:fs';
import { BadInput, builtBin, chosenSections, help, pathOf, readSettings } from './settings.mjs';

/** How the program of each side is started. */
const programsOf = ({ python, bin }) => ({
  foretoken: [process.execPath, bin],
  yardstick: [python, pathOf('yardstick.py')],
  plain: [process.execPath, pathOf('plain-tfjs.mjs')],
});

async function main() {
  const settings = readSettings(process.argv.slice(2));
  if (settings.help) return process.stdout.write(`${help}\n`);
  if (!existsSync(builtBin)) throw new BadInput('the checkout is not built. Run `npm run setup` first.');
  const { print } = await import('./print.mjs');
  const report = await compare(settings);
  print(report, settings);
  process.exitCode = report.failures.length > 0 ? 1 : 0;
}

/** First one small step of both sides, if both are compared, which shows whether they are one model; then the rounds. */
async function compare(settings) {
  const [{ runJson }, { sameModel, sectionsFor }, rounds, print] = await Promise.all(
    ['./command.mjs', './sections.mjs', './rounds.mjs', './print.mjs'].map((file) => import(file)),
  );
  const sections = chosenSections(sectionsFor(settings), settings.only);
  const machine = print.describeMachine();
  print.warnIfBusy(machine, process.stderr);
  const programs = programsOf(settings);
  const run = ({ side, args }) => {
    const [program, ...first] = programs[side];
    return runJson(program, [...first, ...args], { timeoutMs: settings.timeout * 1_000 });
  };
  const how = { run, check: new rounds.ParameterCheck(), tell: print.tellOn(process.stderr) };
  const before = await rounds.runRounds({ sameModel: sameModel(sections) }, { pairs: 1, ...how });
  const about = { machine, ...print.describeRun(settings, before.results.sameModel[0]) };
  if (before.failures.length > 0) return { ...about, figures: [], failures: before.failures };
  const { results, failures } = await rounds.runRounds(sections, { pairs: settings.pairs, ...how });
  return { ...about, figures: rounds.figuresOf(sections, results), failures };
}

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
main().catch((error) => {
  const isExpected = error instanceof BadInput || error.name === 'ParametersDiffer';
  process.stderr.write(`${isExpected ? error.message : error.stack}\n`);
  process.exitCode = error instanceof BadInput ? 2 : 1;
});
