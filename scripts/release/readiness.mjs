import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { publishable, readManifest } from '../pack/pack-packages.mjs';
import { run } from '../setup/command.mjs';
import { inRoot } from '../setup/paths.mjs';

const STEPS = ['patch', 'minor', 'major'];

/**
 * What stands between the checkout and a release, each with what to do about it; nothing where it is ready.
 *
 * @returns `{ what, next }` of every obstacle
 */
export async function obstacles() {
  const manifests = publishable().map(readManifest);
  return [...(await uncommitted()), ...pendingChangesets(), ...versions(manifests), ...repositories(manifests)];
}

async function uncommitted() {
  const { code, captured } = await run('git', ['status', '--porcelain'], { output: 'stdout' });
  if (code !== 0) return [{ what: 'git says nothing of this folder', next: 'release from a clone of the repository' }];
  const changes = captured.split('\n').filter((line) => line !== '');
  if (changes.length === 0) return [];
  return [{ what: `${changes.length} changes are not committed`, next: 'commit them, or release from a fresh clone' }];
}

/** Changesets are versions to come: what is published has become one. */
function pendingChangesets() {
  const names = readdirSync(inRoot('.changeset')).filter((name) => name.endsWith('.md') && name !== 'README.md');
  if (names.length === 0) return [];
  const step = largestStep(names.map((name) => readFileSync(inRoot('.changeset', name), 'utf8')));
  return [
    {
      what: `${names.length} changesets are not a version yet; the largest step is ${step}`,
      next: 'run node_modules/.bin/changeset version and commit what it writes',
    },
  ];
}

/** The largest step that any changeset asks for. */
export function largestStep(changesets) {
  const asked = changesets.flatMap((text) => [...text.matchAll(/^["']?[@\w/-]+["']?: (patch|minor|major)$/gm)]);
  return STEPS[Math.max(0, ...asked.map(([, step]) => STEPS.indexOf(step)))];
}

/** One version for all, which is what "depends on exactly that version of the others" needs. */
export function versions(manifests) {
  const found = [...new Set(manifests.map(({ version }) => version))];
  if (found.length === 1) return [];
  const named = manifests.map(({ name, version }) => `${name} ${version}`).join(', ');
  return [{ what: `the packages have different versions: ${named}`, next: 'give all of them the same one' }];
}

/** npm compares the repository that a package names with the one that the build is of, and refuses provenance else. */
export function repositories(manifests) {
  const without = manifests.filter(({ repository }) => repository === undefined).map(({ name }) => name);
  if (without.length === 0) return [];
  return [
    {
      what: `no "repository" in the package.json of ${without.join(', ')}, so npm will refuse their provenance`,
      next: `add { "type": "git", "url": "git+https://...", "directory": "packages/..." } to each`,
    },
  ];
}

/**
 * Packages in an order in which each comes after all that it depends on.
 *
 * @param manifests - of all of them
 */
export function inDependencyOrder(manifests) {
  const names = new Set(manifests.map(({ name }) => name));
  const left = new Map(manifests.map((manifest) => [manifest.name, manifest]));
  const ordered = [];
  while (left.size > 0) {
    const next = [...left.values()].find((manifest) => ours(manifest, names).every((name) => !left.has(name)));
    if (next === undefined) throw new Error(`These depend on one another in a circle: ${[...left.keys()].join(', ')}.`);
    left.delete(next.name);
    ordered.push(next);
  }
  return ordered;
}

const ours = ({ dependencies, peerDependencies, optionalDependencies }, names) =>
  Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies }).filter((name) => names.has(name));

/** The folder of a package by its name. */
export const folderOf = (name) => publishable().find((folder) => readManifest(folder).name === name);

/** Where a release keeps its tarballs until it is out. */
export const releaseFolder = () => path.join(inRoot('.foretoken'), 'release');
