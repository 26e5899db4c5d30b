import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PluginSource } from './check-definition.ts';
import { saidReason } from './guarded/failure.ts';
import type { PackageFolder } from './package-folder.ts';

/** What an import was of. */
export interface Imported {
  readonly folder: PackageFolder;
  readonly source: PluginSource;
  /** Which entry of the package's `exports`. */
  readonly entry: string;
  /** File URL of the module behind it. */
  readonly url: string;
}

/**
 * Why a module could not be imported, and what to do, as sentences: Node's own messages name neither the package that lacks
 * something nor the way out.
 */
export function importFailure(cause: unknown, imported: Imported): string {
  const reason = saidReason(cause).replace(/^"(.*)"$/s, '$1');
  const text = `${codeOf(cause)} ${reason}`;
  const missing = MISSING.exec(text)?.[1];
  if (missing !== undefined) return lacking(packageOf(missing), imported);
  const line = reason.split('\n')[0].replace(/\.?$/, '.');
  const next = HINTS.find(({ pattern }) => pattern.test(text))?.next(imported);
  return `importing it failed: ${line} ${next ?? 'Report it to its author.'}`;
}

/** A package that is not there, as Node's two loaders say it; no file that is not there. */
const MISSING = /MODULE_NOT_FOUND .*?(?:package|module) '([^'./][^':]*)'/;

/** Node's code of an error. */
function codeOf(cause: unknown): string {
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}

/** The package that a module belongs to, by the name that imports it. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** A dependency that Node does not find from where the package really lies. */
function lacking(name: string, { folder }: Imported): string {
  const { directory, packageJson } = folder;
  const rule = `it imports "${name}", which Node does not find from ${directory}`;
  const declares = (field: string): boolean => Object.hasOwn((packageJson[field] as object | undefined) ?? {}, name);
  if (!declares('peerDependencies') && !declares('dependencies')) {
    const lists = 'its package.json lists it under neither "dependencies" nor "peerDependencies"';
    return `${rule}, and ${lists}. Report it to its author.`;
  }
  if (directory.split(path.sep).includes('node_modules')) {
    return `${rule}. Run "npm install ${name}" beside the configuration file.`;
  }
  return (
    `${rule}, the real folder of the package, which is linked or named by its path. Run "npm install" there, or install a ` +
    `copy beside the configuration file: "npm install --install-links ${directory}".`
  );
}

interface Hint {
  /** Of Node's code and message. */
  readonly pattern: RegExp;
  readonly next: (imported: Imported) => string;
}

const HINTS: readonly Hint[] = [
  {
    pattern: /does not provide an export named|ERR_PACKAGE_PATH_NOT_EXPORTED/,
    next: ({ folder }) =>
      `It was written for another release of what it imports${coreSeenFrom(folder)}. Install releases that go together.`,
  },
  {
    pattern: /is not defined in ES module scope/,
    next: ({ url }) =>
      `${fileURLToPath(url)} is CommonJS in a package of "type": "module": write "export default" there, or name it .cjs.`,
  },
  {
    pattern: /Cannot use import statement outside a module|Unexpected token 'export'/,
    next: ({ url }) =>
      `${fileURLToPath(url)} is an ES module in a package of another type: its package.json needs "type": "module".`,
  },
  {
    pattern: /ERR_REQUIRE_ESM|ERR_REQUIRE_ASYNC_MODULE/,
    next: () => 'It is CommonJS and requires an ES module: build it as one, with "type": "module" in its package.json.',
  },
  {
    pattern: /ERR_UNKNOWN_FILE_EXTENSION|ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING/,
    next: () => 'Its "exports" must lead to JavaScript: build the package, or install a release of it.',
  },
];

/** Which release of @foretoken/core a package sees. */
function coreSeenFrom({ directory }: PackageFolder): string {
  for (let folder = directory; ; folder = path.dirname(folder)) {
    const core = path.join(folder, 'node_modules/@foretoken/core');
    const file = path.join(core, 'package.json');
    if (existsSync(file))
      return `; it sees @foretoken/core ${JSON.parse(readFileSync(file, 'utf8')).version} in ${core}`;
    if (path.dirname(folder) === folder) return '';
  }
}
