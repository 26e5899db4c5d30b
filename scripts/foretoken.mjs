// Prepares the checkout, then becomes the `foretoken` command: same process, so that signals, streams and exit codes are its own.
import { requireNode } from './setup/node-version.mjs';

requireNode();
Promise.all([import('./setup/entry.mjs'), import('./setup/prepare.mjs')]).then(([{ runEntry }, { prepare }]) =>
  runEntry(async () => {
    await prepare();
    await import('../packages/cli/dist/bin.js');
    return process.exitCode;
  }),
);
