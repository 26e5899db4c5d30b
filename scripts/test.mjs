// `npm test`: lint, import directions, types, the written API and the quick tests. `npm run test:slow`: the slow tests
// alone; `npm run test:release`: those of a release alone.
// Last line: how many passed, failed and, if any, were skipped; each check counts as one test.
import { requireNode } from './setup/node-version.mjs';

requireNode();
Promise.all([import('./setup/entry.mjs'), import('./setup/prepare.mjs'), import('./test/checks.mjs')]).then(
  ([{ runEntry }, { prepare }, checks]) =>
    runEntry(async () => {
      const args = process.argv.slice(2);
      const modes = { '--slow': 'slow', '--release': 'release' };
      const mode = modes[args.find((arg) => arg in modes)] ?? 'test';
      const filters = args.filter((arg) => !(arg in modes));
      await prepare();
      const steps =
        mode !== 'test' || filters.length > 0 ? [] : [checks.lint, checks.imports, checks.types, checks.api];
      const sum = { passed: 0, failed: 0, skipped: 0 };
      for (const step of [...steps, () => checks.suite(mode, filters)]) {
        const found = await step();
        for (const key of Object.keys(sum)) sum[key] += found[key];
      }
      console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`);
      return sum.failed === 0 ? 0 : 1;
    }),
);
