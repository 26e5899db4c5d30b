// A package of examples/ as a stranger has it: packed, and installed by npm from the tarball into a project of its own.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { packPackage } from '../pack/pack-packages.mjs';
import { runNode, runNpm, StepFailed } from '../setup/command.mjs';
import { inRoot } from '../setup/paths.mjs';

/**
 * Makes a project that has one example installed. It lies below the checkout, so that the peer @foretoken/core is found
 * further up, as beside any project that has both.
 *
 * @param example - folder below examples/, built
 */
export async function createPackedProject(example) {
  mkdirSync(inRoot('.foretoken'), { recursive: true });
  const folder = mkdtempSync(inRoot('.foretoken', `${example}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true }');
    const tarball = await packPackage(inRoot('examples', example), path.join(folder, 'tarballs'));
    const flags = ['--no-save', '--no-package-lock', '--legacy-peer-deps', '--no-audit', '--no-fund', '--offline'];
    const { code } = await runNpm(['install', ...flags, tarball], { cwd: folder });
    if (code !== 0)
      throw new StepFailed(`"npm install ${tarball}" failed with exit code ${code}.`, 'read what npm said.');
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, remove };
}

/**
 * Runs an ablation in a project, in a process of its own.
 *
 * @param ablation - as ablation.yaml says it, with `output: out`
 * @returns the arms of `results.json` by name, and the report
 */
export async function ablate(folder, ablation) {
  writeFileSync(path.join(folder, 'ablation.json'), JSON.stringify({ formatVersion: 1, output: 'out', ...ablation }));
  const command = [inRoot('packages/cli/dist/bin.js'), ['ablate', 'ablation.json']];
  const { code, captured } = await runNode(...command, { cwd: folder, output: 'both' });
  if (code !== 0) throw new StepFailed(`"foretoken ablate" ended with ${code}:\n${captured}`, 'read what it said.');
  const { arms } = JSON.parse(readFileSync(path.join(folder, 'out/results.json'), 'utf8'));
  const report = readFileSync(path.join(folder, 'out/report.md'), 'utf8');
  return { arms: new Map(arms.map((arm) => [arm.name, arm])), report };
}

/** Where a package really lies, what is in it, and its package.json as text. */
export function installedPackage(folder, name) {
  const installed = path.join(folder, 'node_modules', name);
  return {
    isOwnFolder: realpathSync(installed) === path.join(realpathSync(folder), 'node_modules', name),
    files: readdirSync(installed).sort(),
    manifest: readFileSync(path.join(installed, 'package.json'), 'utf8'),
  };
}
