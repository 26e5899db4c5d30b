import path from 'node:path';
import { Failure } from './failure.ts';
import { type Framework, packedFramework, publishedFramework } from './framework.ts';
import { isKind, KIND_NAMES, type Kind } from './kinds.ts';
import { defaultPackageName, nameProblem, packageNameProblem } from './names.ts';

/** Licences that a text is at hand for. */
export const LICENSES = ['Apache-2.0', 'MIT', 'ISC'] as const;
/** A licence that a text is at hand for. */
export type License = (typeof LICENSES)[number];

/** What was said on the command line, and what was answered. */
export interface Wishes {
  readonly kind?: string;
  readonly name?: string;
  readonly dir?: string;
  readonly package?: string;
  readonly author?: string;
  readonly license?: string;
  readonly framework?: string;
}

/** Everything that a package is written from. */
export interface Choices {
  readonly kind: Kind;
  readonly name: string;
  readonly packageName: string;
  /** Absolute. */
  readonly folder: string;
  readonly author: string | undefined;
  readonly license: License;
  readonly framework: Framework;
  /** Of the copyright line. */
  readonly year: number;
}

/** Where the command runs. */
export interface Surroundings {
  readonly cwd: string;
  /** Of this package, and so of the framework. */
  readonly version: string;
  readonly year: number;
}

/**
 * Checks every wish and fills in what was left open.
 * @throws USAGE that names the flag, what was got and the next step
 */
export function chosen(wishes: Wishes, { cwd, version, year }: Surroundings): Choices {
  const { kind, name } = kindAndName(wishes);
  const packageName = wishes.package ?? defaultPackageName(kind, name);
  refuse('--package', packageNameProblem(packageName));
  return {
    kind,
    name,
    packageName,
    folder: path.resolve(cwd, wishes.dir ?? packageName.replace(/^@.*\//, '')),
    author: checkedAuthor(wishes.author),
    license: checkedLicense(wishes.license ?? 'Apache-2.0'),
    framework:
      wishes.framework === undefined
        ? publishedFramework(version)
        : packedFramework(path.resolve(cwd, wishes.framework)),
    year,
  };
}

/** @throws USAGE */
export function checkedKind(kind: string): Kind {
  if (isKind(kind)) return kind;
  throw new Failure('USAGE', `--kind must be one of ${KIND_NAMES.join(', ')}; was ${JSON.stringify(kind)}.`);
}

function kindAndName({ kind, name }: Wishes): { readonly kind: Kind; readonly name: string } {
  if (kind === undefined || name === undefined) {
    const missing = [kind === undefined && '--kind', name === undefined && '--name'].filter(Boolean).join(' and ');
    const example = `--kind ${kind ?? 'head'} --name ${name ?? 'my-idea'}`;
    throw new Failure(
      'USAGE',
      `${missing} must be given where nobody can be asked. Run "npm create foretoken-plugin -- ${example}", or run it on a terminal without --yes.`,
    );
  }
  const checked = checkedKind(kind);
  refuse('--name', nameProblem(checked, name));
  return { kind: checked, name };
}

function refuse(flag: string, problem: string | undefined): void {
  if (problem !== undefined) throw new Failure('USAGE', `${flag}: ${problem}`);
}

function checkedAuthor(author: string | undefined): string | undefined {
  // It stands on one line of the licence.
  if (author === undefined || (author.trim() !== '' && !/\p{Cc}/u.test(author))) return author;
  throw new Failure(
    'USAGE',
    `--author must be one line of text, such as "Ada <ada@example.org>"; was ${JSON.stringify(author)}.`,
  );
}

function checkedLicense(license: string): License {
  if ((LICENSES as readonly string[]).includes(license)) return license as License;
  throw new Failure(
    'USAGE',
    `--license must be one of ${LICENSES.join(', ')}; was ${JSON.stringify(license)}. For another one, take the default and replace LICENSE and the field in package.json.`,
  );
}
