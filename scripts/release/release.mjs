import { rmSync } from 'node:fs';
import { lintTarball } from '../pack/lint-tarball.mjs';
import { packPackage, publishable, readManifest } from '../pack/pack-packages.mjs';
import { runNode, StepFailed } from '../setup/command.mjs';
import { inRoot } from '../setup/paths.mjs';
import { prepare } from '../setup/prepare.mjs';
import { publishAll } from './publish.mjs';
import { folderOf, inDependencyOrder, obstacles, releaseFolder } from './readiness.mjs';

/**
 * A release of every package, from the clean tree to the registry, that stops at the first thing that is wrong.
 *
 * A dry run does everything but what it cannot undo: it names obstacles and goes on, leaves out `npm test`, which CI runs beside
 * it, and lets npm say what it would publish, without network or account.
 *
 * @param say - is given each line of what was done
 * @throws StepFailed
 */
export async function release({ isDryRun, say }) {
  requireNone(await obstacles(), { isDryRun, say });
  await prepare();
  await requireTests(isDryRun, say);
  const tarballs = await packAndCheck(say);
  await publishAll(tarballs, { isDryRun, say });
  rmSync(releaseFolder(), { recursive: true, force: true });
}

/** Stops a release at its first obstacle; a dry run names them all. @throws StepFailed */
export function requireNone(found, { isDryRun, say }) {
  if (found.length > 0 && !isDryRun) {
    const [{ what, next }] = found;
    throw new StepFailed(`Not ready for a release: ${what}.`, `${next}.`);
  }
  for (const { what, next } of found) say(`a release would stop here: ${what}; ${next}`);
}

async function requireTests(isDryRun, say) {
  if (isDryRun) return say('npm test: left out of a dry run');
  const { code } = await runNode(inRoot('scripts/test.mjs'), []);
  if (code !== 0) throw new StepFailed('npm test failed.', 'mend what it names.');
  say('npm test: passed');
}

/** @returns `{ name, version, tarball }` of each package, in the order to publish them */
async function packAndCheck(say) {
  rmSync(releaseFolder(), { recursive: true, force: true });
  const packed = [];
  for (const { name, version } of inDependencyOrder(publishable().map(readManifest))) {
    const tarball = await packPackage(folderOf(name), releaseFolder());
    const problems = await lintTarball(tarball);
    if (problems.length > 0) {
      throw new StepFailed(`The tarball of ${name} has problems:\n${problems.join('\n')}`, 'mend its package.json.');
    }
    packed.push({ name, version, tarball });
  }
  say(`${packed.length} tarballs: contents, publint and types have no problem`);
  return packed;
}
