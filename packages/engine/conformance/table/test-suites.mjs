import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packageFolder } from '../load-source.mjs';
import { runApart } from '../run-apart.mjs';

/** Test files that run over every engine, by what they hold engines to. */
export const SUITES = {
  bits: 'bits.test.ts',
  keyValues: 'key-value-rows.test.ts',
  recordings: 'record.test.ts',
  linearLoss: 'ops/linear-loss.test.ts',
  adamw: 'ops/optimize.test.ts',
  sample: 'ops/sample.test.ts',
  traps: 'ops/traps.test.ts',
};

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

/**
 * Runs the tests that are not made of cases.
 * @returns by engine and suite, how many tests there are and the names of those that fail
 */
export async function runSuites() {
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-suites-'));
  try {
    const outputFile = join(folder, 'report.json');
    const files = Object.values(SUITES).map((file) => `packages/engine/src/${file}`);
    const args = ['run', ...files, '--reporter=json', `--outputFile=${outputFile}`];
    const { stderr } = await runApart(vitest, args, { cwd: join(packageFolder, '../..') });
    const text = await readFile(outputFile, 'utf8').catch((cause) => {
      throw new Error(`the tests of the engines did not run: ${stderr}`, { cause });
    });
    return byEngine(JSON.parse(text).testResults);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * @param files - vitest's `testResults`
 * @throws if a file did not start, or a suite is not among the files
 */
export function byEngine(files) {
  const engines = {};
  for (const [suite, path] of Object.entries(SUITES)) {
    const file = files.find(({ name }) => name.endsWith(`/src/${path}`));
    if (!file?.assertionResults.length) throw new Error(`${path} did not start: ${file?.message}`);
    for (const { ancestorTitles, title, status } of file.assertionResults) {
      const engine = /^on '?(\w+)(?: with kernels)?'?$/.exec(ancestorTitles[0])?.[1];
      if (engine === undefined) continue;
      engines[engine] ??= {};
      engines[engine][suite] ??= { cases: 0, failed: [] };
      engines[engine][suite].cases += 1;
      if (status !== 'passed') engines[engine][suite].failed.push(title);
    }
  }
  return engines;
}
