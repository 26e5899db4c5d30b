import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packPackage } from '../pack/pack-packages.mjs';
import { runNpm, StepFailed } from '../setup/command.mjs';
import { withLock } from '../setup/lock.mjs';
import { inRoot } from '../setup/paths.mjs';

const stampFile = () => inRoot('.foretoken/installed-head.json');

/**
 * Installs a package of this checkout the way a stranger would: packed, then by npm from the tarball, into the
 * `node_modules` of another folder. Does nothing when that very tarball is installed there.
 */
export async function installFromTarball(packageFolder, into) {
  await withLock(inRoot('.foretoken/install-head.lock'), async () => {
    const tarball = await packPackage(packageFolder, inRoot('.foretoken/tarballs'));
    const sha256 = createHash('sha256').update(readFileSync(tarball)).digest('hex');
    const { name } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8'));
    if (isInstalled(path.join(into, 'node_modules', name), sha256)) return;
    process.stderr.write(`quickstart: installing ${name} from its tarball\n`);
    // The peer, @foretoken/core, is the host's own: it is found further up, as beside any project that has both.
    const flags = [
      '--no-save',
      '--no-package-lock',
      '--legacy-peer-deps',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    const { code } = await runNpm(['install', ...flags, tarball], { cwd: into });
    if (code !== 0) {
      throw new StepFailed(
        `"npm install ${path.basename(tarball)}" failed with exit code ${code}.`,
        `remove ${path.join(into, 'node_modules')}, then run the same command again.`,
      );
    }
    writeFileSync(stampFile(), `${JSON.stringify({ sha256 })}\n`);
  });
}

function isInstalled(folder, sha256) {
  if (!existsSync(path.join(folder, 'package.json')) || !existsSync(stampFile())) return false;
  return readFileSync(stampFile(), 'utf8').includes(sha256);
}
