import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Choices } from './choices.ts';
import { PLACEHOLDER } from './names.ts';
import { packageJson } from './package-json.ts';

/** Texts of a package by path, `/` between folders. */
export type Files = ReadonlyMap<string, string>;

const TEMPLATES = new URL('../templates/', import.meta.url);

/** What every package gets: where it lies here, under a name that no tool of this repository takes for its own. */
const SHARED = {
  '.changeset/config.json': 'changeset/config.json',
  '.changeset/first-release.md': 'changeset/first-release.md',
  '.github/workflows/ci.yml': 'github/ci.yml',
  '.github/workflows/release.yml': 'github/release.yml',
  '.gitignore': 'gitignore',
  'biome.json': 'linter.json',
  'tsconfig.json': 'types.json',
  'tsconfig.build.json': 'types.build.json',
} as const;

/**
 * Everything that a package consists of.
 *
 * Templates are working sources of a plugin called `my-plugin` in a package called `foretoken-<kind>-my-plugin`, tested as
 * they stand; here those two names become the chosen ones, in texts and paths.
 */
export function filesOf(choices: Choices): Files {
  const files = new Map<string, string>();
  const add = (target: string, text: string) => {
    const name = target.replaceAll(PLACEHOLDER, choices.name);
    if (files.has(name)) throw new Error(`two files of the template become ${name}`);
    files.set(name, renamed(text, choices));
  };
  for (const [target, source] of Object.entries(SHARED)) add(target, read(`package/${source}`));
  for (const file of filesBelow(choices.kind)) if (file !== 'README.md') add(file, read(`${choices.kind}/${file}`));
  add('README.md', read(`${choices.kind}/README.md`) + read('package/readme-end.md'));
  files.set('LICENSE', licenseText(choices));
  files.set('package.json', `${JSON.stringify(packageJson(choices), undefined, 2)}\n`);
  return files;
}

const read = (file: string): string => readFileSync(new URL(file, TEMPLATES), 'utf8');

/** Files of a kind's template by path, sorted. */
function filesBelow(kind: string): string[] {
  const folder = fileURLToPath(new URL(kind, TEMPLATES));
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .map((file) => file.split(path.sep).join('/'))
    .sort();
}

function renamed(text: string, { kind, name, packageName, license }: Choices): string {
  const names: Readonly<Record<string, string>> = {
    // What all kinds share is written as if for a head.
    [`foretoken-head-${PLACEHOLDER}`]: packageName,
    [`foretoken-${kind}-${PLACEHOLDER}`]: packageName,
    [PLACEHOLDER]: name,
    'Apache-2.0': license,
  };
  return text.replace(new RegExp(Object.keys(names).join('|'), 'g'), (found) => names[found]);
}

/** Whoever has no --author yet is named by the package. */
function licenseText({ license, year, author, packageName }: Choices): string {
  return read(`terms/${license}.txt`)
    .replace('<year>', () => String(year))
    .replace('<copyright holder>', () => author ?? `the authors of ${packageName}`);
}
