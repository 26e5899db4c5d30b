import { PACKAGE_NAME } from '@foretoken/core';
import type { Severity } from '../finding.ts';
import type { StagedPackage } from '../subject/stage.ts';

/** What a rule of package.json says of one that breaks it. */
export interface Broken {
  readonly severity: Severity;
  /** The key of package.json. */
  readonly key: string;
  readonly sentence: string;
}

/** A rule of package.json. */
export type PackageRule = (staged: StagedPackage) => Broken | undefined;

const error = (key: string, sentence: string): Broken => ({ severity: 'error', key, sentence });
const warning = (key: string, sentence: string): Broken => ({ severity: 'warning', key, sentence });
const note = (key: string, sentence: string): Broken => ({ severity: 'note', key, sentence });

/** A value of package.json in a few words. */
const got = (value: unknown): string => (value === undefined ? 'it is not there' : `it is ${JSON.stringify(value)}`);

const SEMVER = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/** The rules of what a package says of itself beside its manifest, dependencies and licence, in the order of package.json. */
export const PACKAGE_RULES: readonly PackageRule[] = [
  ({ packageJson: { name } }) => {
    if (typeof name === 'string' && PACKAGE_NAME.test(name) && name === name.toLowerCase() && name.length <= 214)
      return;
    return error(
      'name',
      `npm takes lower-case names without spaces, up to 214 characters; ${got(name)}. Choose another.`,
    );
  },
  ({ packageJson: { version } }) => {
    if (typeof version === 'string' && SEMVER.test(version)) return;
    return error('version', `It must be a version like 0.1.0; ${got(version)}. Records of runs name it.`);
  },
  ({ packageJson }) => {
    if (packageJson.private !== true) return;
    return warning('private', 'npm refuses to publish a private package. Take "private" out when it is ready.');
  },
  ({ packageJson: { description } }) => {
    if (typeof description === 'string' && description.trim() !== '') return;
    return warning(
      'description',
      `It is what npm shows beside the name; ${got(description)}. Say in one line what it does.`,
    );
  },
  ({ packageJson: { keywords } }) => {
    if (Array.isArray(keywords) && keywords.includes('foretoken-plugin')) return;
    return warning('keywords', `Plugins are found on npm by the keyword "foretoken-plugin"; ${got(keywords)}. Add it.`);
  },
  ({ packageJson: { type } }) => {
    if (type === 'module') return;
    return warning('type', `Plugins are ES modules; ${got(type)}. Write "type": "module".`);
  },
  ({ packageJson: { engines } }) => {
    const node = (engines as { node?: unknown } | undefined)?.node;
    if (typeof node === 'string' && node !== '') return;
    return warning(
      'engines.node',
      `It says which releases of Node the package was tested on; ${got(node)}. Foretoken needs ">=20.19".`,
    );
  },
  ({ packageJson: { sideEffects } }) => {
    if (sideEffects === false) return;
    return warning(
      'sideEffects',
      `A plugin does nothing on import, and bundlers should know; ${got(sideEffects)}. Write false.`,
    );
  },
  ({ packageJson: { files } }) => {
    if (Array.isArray(files)) return;
    return warning(
      'files',
      `It names what is published; ${got(files)}, so npm packs nearly everything. Write ["dist"].`,
    );
  },
  ({ packageJson: { repository } }) => {
    if (repository !== undefined) return;
    return note(
      'repository',
      'npm signs where a package was built (provenance) only if it names its repository; it is not there.',
    );
  },
  ({ packageJson: { scripts } }) => {
    const atInstall = ['preinstall', 'install', 'postinstall'];
    const found = atInstall.filter((name) => name in ((scripts ?? {}) as object));
    if (found.length === 0) return;
    return warning(
      'scripts',
      `A plugin needs nothing at installation, and many hosts forbid it; it has ${found.join(', ')}. Take it out.`,
    );
  },
  ({ files }) => {
    if (files.some(({ path }) => /^readme(\.\w+)?$/i.test(path))) return;
    return warning(
      'README.md',
      'A plugin says what it computes, with its formula and source; there is no README. Write one.',
    );
  },
];
