import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { run, runNode, toolEnvironment } from '../setup/command.mjs';
import { inRoot } from '../setup/paths.mjs';
import { runTurbo } from '../setup/prepare.mjs';

/** What one check found. */
const tally = (passed, failed, skipped = 0) => ({ passed, failed, skipped });

/** Keeps what linter and browsers cache inside the checkout; colours only where somebody looks. */
const testEnvironment = () =>
  toolEnvironment({
    XDG_CACHE_HOME: inRoot('.foretoken/cache'),
    XDG_CONFIG_HOME: inRoot('.foretoken/config'),
    ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }),
  });

/** Formatting and lint rules of every file. */
export async function lint() {
  const { code } = await run(inRoot('node_modules/.bin/biome'), ['check', '--log-level=warn', '.'], {
    env: testEnvironment(),
  });
  return code === 0 ? tally(1, 0) : tally(0, 1);
}

/** Import directions between the packages. */
export async function imports() {
  const { code } = await runNode(inRoot('scripts/check-imports.mjs'), []);
  return code === 0 ? tally(1, 0) : tally(0, 1);
}

/** The packages' API, which must be what is written down of it. */
export async function api() {
  const { code } = await runNode(inRoot('scripts/api.mjs'), ['--check']);
  return code === 0 ? tally(1, 0) : tally(0, 1);
}

/** Types of every source and test file; turbo leaves out packages that have not changed. */
export async function types() {
  const args = ['run', 'typecheck', '--continue', '--output-logs=errors-only', '--log-prefix=none'];
  const { code, captured } = await runTurbo(args);
  if (code === 0) return tally(1, 0);
  process.stderr.write(captured);
  return tally(0, 1);
}

/**
 * The vitest suite of a mode, counted from its own report.
 *
 * A file that cannot be loaded, and an error outside of any test, fail without a test of their own: each counts as one.
 */
export async function suite(mode, filters) {
  const report = inRoot(`.foretoken/vitest-${mode}.json`);
  mkdirSync(inRoot('.foretoken'), { recursive: true });
  rmSync(report, { force: true });
  const shown = process.stdout.isTTY ? 'default' : 'minimal';
  const reporters = [`--reporter=${shown}`, '--reporter=json', `--outputFile.json=${report}`];
  const args = ['run', '--mode', mode, ...reporters, ...filters];
  const { code } = await runNode(inRoot('node_modules/vitest/vitest.mjs'), args, { env: testEnvironment() });
  const counted = countReport(report);
  return code !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted;
}

function countReport(report) {
  try {
    const { numPassedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
    const broken = testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some(isFailed));
    return tally(numPassedTests, tests.filter(isFailed).length + broken.length, numPendingTests + numTodoTests);
  } catch {
    return tally(0, 1);
  }
}

const isFailed = ({ status }) => status === 'failed';
