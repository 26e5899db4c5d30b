// `npm run quickstart`: prepares the checkout, installs the third-party head the way a stranger would, from its tarball, and
// compares three heads on real code, with three seeds. Results go to runs/quickstart/; finished work is kept, so it is safe to
// stop and repeat.
import { requireNode } from './setup/node-version.mjs';

requireNode();
Promise.all([
  import('node:os'),
  import('./setup/entry.mjs'),
  import('./setup/paths.mjs'),
  import('./setup/prepare.mjs'),
  import('./quickstart/install-head.mjs'),
]).then(([{ availableParallelism }, { runEntry }, { inRoot, root }, { prepare }, { installFromTarball }]) =>
  runEntry(async () => {
    await prepare();
    await installFromTarball(inRoot('examples/third-party-head'), inRoot('examples/quickstart'));
    process.chdir(root);
    // Models this small gain more from a second one beside them than from a second core; a later --workers counts.
    const workers = ['--workers', String(Math.min(2, availableParallelism()))];
    const own = process.argv.slice(2);
    process.argv.splice(2, Infinity, 'ablate', 'examples/quickstart/ablation.yaml', ...workers, ...own);
    await import('../packages/cli/dist/bin.js');
    return process.exitCode;
  }),
);
