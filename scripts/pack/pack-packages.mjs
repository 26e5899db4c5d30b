import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pnpmScript, runNode, StepFailed } from '../setup/command.mjs';
import { inRoot } from '../setup/paths.mjs';
import { checkTarball } from './check-tarball.mjs';

/** Folders of every package that is published: those under packages/ that are not private. */
export const publishable = () =>
  readdirSync(inRoot('packages'))
    .map((name) => inRoot('packages', name))
    .filter((folder) => existsSync(path.join(folder, 'package.json')) && !readManifest(folder).private);

/** The package.json of a package's folder. */
export const readManifest = (folder) => JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));

/**
 * Packs one built package and checks what a stranger would get: no workspace protocol, every exported file, nothing that is
 * of no use, no leftover of a source that is gone.
 *
 * @returns the tarball's path
 */
export async function packPackage(folder, target) {
  mkdirSync(target, { recursive: true });
  removeLeftovers(folder);
  const { name, version } = readManifest(folder);
  const tarball = path.join(target, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  rmSync(tarball, { force: true });
  const args = ['pack', '--pack-destination', target];
  const { code, captured } = await runNode(pnpmScript(), args, { cwd: folder, output: 'both' });
  if (code !== 0 || !existsSync(tarball)) {
    process.stderr.write(captured);
    throw new StepFailed(`"pnpm pack" of ${name} failed with exit code ${code}.`, 'mend what pnpm names above.');
  }
  await checkTarball(tarball);
  return tarball;
}

/** Outputs whose source was renamed, removed or is no longer built: the compiler never deletes them. */
function removeLeftovers(folder) {
  const dist = path.join(folder, 'dist');
  for (const name of readdirSync(dist, { recursive: true })) {
    const source = name.replace(/\.(?:d\.ts|js|js\.map)$/, '.ts');
    const isBuilt = !/\.(?:test|fixture)\.ts$/.test(source) && existsSync(path.join(folder, 'src', source));
    if (source !== name && !isBuilt) rmSync(path.join(dist, name));
  }
}
