import { readdirSync } from 'node:fs';
import path from 'node:path';

/** What npm publishes whatever a package says, and Node loads. */
const ALWAYS = ['package.json'];

/** Published, and never run: a corrected README changes no result. */
const NO_CODE = /(\.map|\.md|\.d\.[cm]?ts|(^|\/)LICENSE[^/]*)$/i;

/**
 * The files of a package that can be code, as paths from its folder with `/`, sorted: its package.json, its `main` and
 * what its `files` name and do not take back with `!`. Without `files`, all there is but for dependencies and what
 * starts with a dot.
 *
 * Links are not followed, so a folder that links to one above it ends.
 */
export function publishedFiles(
  directory: string,
  { files, main }: { readonly files?: unknown; readonly main?: unknown },
): string[] {
  const all = filesBelow(directory);
  const patterns = Array.isArray(files) ? files.filter((one) => typeof one === 'string') : ['**'];
  const taken = patterns.filter((pattern) => !pattern.startsWith('!')).map(matcherOf);
  const left = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => matcherOf(pattern.slice(1)));
  const always = [...ALWAYS, ...(typeof main === 'string' ? [path.posix.normalize(main)] : [])];
  const isPublished = (file: string) =>
    always.includes(file) || (taken.some((is) => is.test(file)) && !left.some((is) => is.test(file)));
  return all.filter((file) => isPublished(file) && !NO_CODE.test(file));
}

/** A pattern of `files`: it stands for a file, or for a folder with all that is in it. */
function matcherOf(pattern: string): RegExp {
  const plain = pattern.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
  const source = plain.replace(/\*\*\/?|\*|\?|[.+^${}()|[\]\\]/g, (found) => {
    if (found === '**/') return '(?:.*/)?';
    if (found === '**') return '.*';
    if (found === '*') return '[^/]*';
    return found === '?' ? '[^/]' : `\\${found}`;
  });
  return new RegExp(`^${source}(?:/|$)`);
}

function filesBelow(directory: string, from = ''): string[] {
  const entries = readdirSync(path.join(directory, from), { withFileTypes: true });
  return entries
    .flatMap((entry) => {
      const file = from + entry.name;
      if (entry.name === 'node_modules' || entry.name.startsWith('.')) return [];
      if (entry.isDirectory()) return filesBelow(directory, `${file}/`);
      return entry.isFile() ? [file] : [];
    })
    .sort((a, b) => (a < b ? -1 : 1));
}
