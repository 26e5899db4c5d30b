import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { publishedFiles } from './published-files.ts';

/** Content hashes by package name. */
export type CodeHashes = { readonly [name: string]: string };

/** The hash of the code in a package's folder. */
export type PackageHasher = (directory: string) => string;

/** Hex digits of a hash: 96 bits. */
const DIGITS = 24;

/** A hasher that reads every folder once: what is edited later is no longer what this process loaded. */
export function createPackageHasher(): PackageHasher {
  const known = new Map<string, string>();
  return (directory) => {
    const hash = known.get(directory) ?? hashPackage(directory);
    known.set(directory, hash);
    return hash;
  };
}

/**
 * The start of a SHA-256 over the code that a package publishes (see {@link publishedFiles}): each file's path and
 * content, in the order of the paths. It does not depend on where the folder lies or on times of files.
 */
export function hashPackage(directory: string): string {
  const manifest = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));
  const whole = createHash('sha256');
  for (const file of publishedFiles(directory, manifest)) {
    const content = createHash('sha256').update(readFileSync(path.join(directory, file)));
    whole.update(`${JSON.stringify(file)} ${content.digest('hex')}\n`);
  }
  return whole.digest('hex').slice(0, DIGITS);
}
