import { tmpdir } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { findPackage } from './package-folder.ts';

const find = () => findPackage('demo', { from: tmpdir() });

test('what Yarn’s Plug’n’Play keeps elsewhere is not installed, and the way out is Yarn’s own', () => {
  expect(find).toThrow(/Run "npm install demo"/);
  // As .pnp.cjs says it.
  process.versions.pnp = '3';
  onTestFinished(() => void delete process.versions.pnp);
  expect(find).toThrow(
    /^PLUGIN_NOT_FOUND: plugin package "demo" is not installed .*: write "nodeLinker: node-modules" into \.yarnrc\.yml, then run "yarn install"\.$/,
  );
});
