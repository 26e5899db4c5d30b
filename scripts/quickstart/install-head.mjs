import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packPackage } from '../pack/pack-packages.mjs';
import { runNpm, StepFailed } from '../setup/command.mjs';
import { withLock } from '../setup/lock.mjs';
import { inRoot } from '../setup/paths.mjs';

const stampFile = () => inRoot('.foretoken/installed-head.json');

/**
 * Installs a package of this checkout the way a stranger would: packed, then by npm from the tarball, into the
 * `node_modules` of another folder. Packs nothing when nothing that goes into the tarball has changed, and installs nothing
 * when that very tarball is installed.
 */
export async function installFromTarball(packageFolder, into) {
  await withLock(inRoot('.foretoken/install-head.lock'), async () => {
    const { name } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8'));
    const stamp = readStamp(path.join(into, 'node_modules', name));
    const inputs = hashOf(packedFiles(packageFolder));
    if (stamp.inputs === inputs) return;
    const tarball = await packPackage(packageFolder, inRoot('.foretoken/tarballs'));
    const sha256 = hashOf([tarball]);
    if (stamp.sha256 !== sha256) await install(tarball, name, into);
    writeFileSync(stampFile(), `${JSON.stringify({ inputs, sha256 })}\n`);
  });
}

async function install(tarball, name, into) {
  process.stderr.write(`quickstart: installing ${name} from its tarball\n`);
  // npm would keep a package of the same version, whatever is in the tarball.
  for (const old of [name, '.package-lock.json'])
    rmSync(path.join(into, 'node_modules', old), { recursive: true, force: true });
  // The peer, @foretoken/core, is the host's own: it is found further up, as beside any project that has both.
  const flags = ['--no-save', '--no-package-lock', '--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code } = await runNpm(['install', ...flags, tarball], { cwd: into });
  if (code === 0) return;
  throw new StepFailed(
    `"npm install ${path.basename(tarball)}" failed with exit code ${code}.`,
    `remove ${path.join(into, 'node_modules')}, then run the same command again.`,
  );
}

/** What was installed last; nothing where the package is not there any more. */
function readStamp(installed) {
  if (!existsSync(path.join(installed, 'package.json')) || !existsSync(stampFile())) return {};
  return JSON.parse(readFileSync(stampFile(), 'utf8'));
}

/** Its own files, and core's manifest, whose version goes into the packed peer range. */
function packedFiles(folder) {
  const own = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !path.relative(folder, file).startsWith('node_modules'));
  return [...own, inRoot('packages/core/package.json')].sort();
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const bytes = readFileSync(file);
    hash.update(`${path.relative(inRoot(), file)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}
