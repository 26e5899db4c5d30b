// Prepares the checkout: pinned pnpm, dependencies, built packages. Every other command does this first.
import { requireNode } from './setup/node-version.mjs';

requireNode();
Promise.all([import('./setup/entry.mjs'), import('./setup/prepare.mjs')]).then(([{ runEntry }, { prepare }]) =>
  runEntry(prepare),
);
