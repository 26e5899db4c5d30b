import path from 'node:path';
import { runNode } from '../../setup/command.mjs';
import { inRoot } from '../../setup/paths.mjs';
import { publishable, readManifest } from '../pack-packages.mjs';

/**
 * Packs every package by `npm run pack` into a folder.
 *
 * @returns a Map from the name of each to its tarball
 */
export async function packAll(folder) {
  const { code, captured } = await runNode(inRoot('scripts/pack.mjs'), [folder], { output: 'stdout' });
  if (code !== 0) throw new Error(`scripts/pack.mjs ended with exit code ${code}.`);
  const files = captured.trim().split('\n');
  const names = publishable().map((at) => readManifest(at).name);
  if (files.length !== names.length) throw new Error(`${names.length} packages gave ${files.length} tarballs.`);
  return new Map(names.map((name, index) => [name, files[index]]));
}

/** Every entry that code can be imported from, in the order of packages and manifests. */
export const entries = () =>
  publishable().flatMap((folder) => {
    const { name, exports = {} } = readManifest(folder);
    const subpaths = Object.keys(exports).filter((subpath) => subpath !== './package.json');
    return subpaths.map((subpath) => path.posix.join(name, subpath));
  });

/** Entries that need an optional peer, which an empty project does not have. */
export const PEER_ENTRIES = ['@foretoken/core/testing', '@foretoken/core/tsyringe'];
