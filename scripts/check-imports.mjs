// Import directions of every package under packages/: prints one line per violation, exit code 1 if there is any.
import { requireNode } from './setup/node-version.mjs';

requireNode();
Promise.all([import('./imports/check.mjs'), import('./setup/paths.mjs')]).then(([{ checkImports }, { root }]) => {
  const problems = checkImports(process.argv[2] ?? root);
  for (const problem of problems) console.error(problem);
  console.error(problems.length === 0 ? 'imports: every direction holds' : `imports: ${problems.length} wrong`);
  process.exitCode = problems.length === 0 ? 0 : 1;
});
