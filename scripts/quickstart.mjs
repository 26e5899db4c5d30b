// `npm run quickstart`: prepares the checkout, installs the third-party head the way a stranger would, from its tarball, and
// compares four heads on real code. Results go to runs/quickstart/; finished work is kept, so it is safe to stop and repeat.
import { requireNode } from './setup/node-version.mjs';

requireNode();
Promise.all([
  import('./setup/entry.mjs'),
  import('./setup/paths.mjs'),
  import('./setup/prepare.mjs'),
  import('./quickstart/install-head.mjs'),
]).then(([{ runEntry }, { inRoot, root }, { prepare }, { installFromTarball }]) =>
  runEntry(async () => {
    await prepare();
    await installFromTarball(inRoot('examples/third-party-head'), inRoot('examples/quickstart'));
    process.chdir(root);
    process.argv.splice(2, Infinity, 'ablate', 'examples/quickstart/ablation.yaml', ...process.argv.slice(2));
    await import('../packages/cli/dist/bin.js');
    return process.exitCode;
  }),
);
