import { existsSync, readFileSync, rmSync } from 'node:fs';
import { runNode } from '../setup/command.mjs';
import { inRoot } from '../setup/paths.mjs';
import { missingOf, saidMissing, saidShares } from './report.mjs';

/** The packages whose quick tests must execute nearly all of them. */
export const MEASURED = ['core', 'decoders', 'ablation'];

/** Shares that must be executed of each package, in percent. */
export const BOUNDS = { lines: 95, branches: 90 };

/** What is no code of the package: tests, and what only they use. The contract suites in core's `testing` are a product, and count. */
const EXCLUDED = ['**/*.test.ts', '**/*.fixture.ts'];

/**
 * Runs the quick tests of packages, one package after the other, and says what they execute of it.
 *
 * Only what runs in the tests' own processes counts. Code that they reach in a child process or worker runs there from
 * `dist`, and so counts as not executed, which makes the figure smaller than the truth and never larger.
 *
 * @returns {Promise<{ passed: number, failed: number }>} packages within and below the bounds, or with a test that failed
 */
export async function measure(names) {
  const sum = { passed: 0, failed: 0 };
  for (const name of names) sum[(await isWithinBounds(name)) ? 'passed' : 'failed']++;
  return sum;
}

async function isWithinBounds(name) {
  const folder = inRoot('coverage', name);
  // What an earlier run found must not be taken for what this one did.
  rmSync(folder, { recursive: true, force: true });
  const { code } = await runNode(inRoot('node_modules/vitest/vitest.mjs'), [
    ...['run', `packages/${name}/src`, '--reporter=minimal', '--coverage.enabled', '--coverage.provider=v8'],
    ...[`--coverage.include=packages/${name}/src/**/*.ts`, ...EXCLUDED.map((glob) => `--coverage.exclude=${glob}`)],
    ...Object.entries(BOUNDS).map(([what, share]) => `--coverage.thresholds.${what}=${share}`),
    ...['--coverage.reporter=json', '--coverage.reporter=html', `--coverage.reportsDirectory=${folder}`],
    '--coverage.reportOnFailure',
  ]);
  const report = inRoot('coverage', name, 'coverage-final.json');
  if (!existsSync(report)) return false;
  const missing = missingOf(JSON.parse(readFileSync(report, 'utf8')), inRoot('packages', name, 'src'));
  console.log(`${name}: ${saidShares(missing)}`);
  if (code !== 0) console.log(saidMissing(missing));
  return code === 0;
}
