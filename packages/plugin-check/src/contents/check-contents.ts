import path from 'node:path';
import { type Finding, findingsOf, type Severity } from '../finding.ts';
import type { PackedFile } from '../subject/read-tarball.ts';
import type { StagedPackage } from '../subject/stage.ts';

const finding = findingsOf('contents');

/** From here on a package is larger than code needs to be. */
const LARGE = { packageBytes: 5 * 2 ** 20, files: 1000 } as const;

/** Files that should not be published: what they are, and which they are. */
const UNWANTED: readonly { readonly severity: Severity; readonly what: string; readonly path: RegExp }[] = [
  {
    severity: 'error',
    what: 'It may hold secrets, and what is published once is public',
    path: /(^|\/)(\.env(\..*)?|\.npmrc|\.yarnrc(\.yml)?|id_[a-z0-9]+|.*\.(pem|key|p12|pfx))$/i,
  },
  {
    severity: 'warning',
    what: 'A test is of no use to whoever installs the package',
    path: /((^|\/)(__tests__|tests?)\/|\.(test|spec|fixture)\.([cm]?[jt]sx?|d\.[cm]?ts)$)/,
  },
  { severity: 'warning', what: 'Installed packages come from their own packages', path: /(^|\/)node_modules\// },
  {
    severity: 'warning',
    what: 'A lock file is read in the project that installs alone',
    path: /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?)$/,
  },
  {
    severity: 'warning',
    what: 'It is a trace of tools, not a part of the package',
    path: /(^|\/)(\.git|\.github|\.vscode|\.idea|coverage)\/|(^|\/)(\.DS_Store|Thumbs\.db)$|\.(tsbuildinfo|log|tgz)$/,
  },
  { severity: 'note', what: 'It is compiled code, which nobody can read', path: /\.(node|so|dylib|dll|wasm|exe)$/ },
];

/** Looks at what a package publishes: files that do not belong there, source maps that lead nowhere, and how much it is. */
export function checkContents({ files }: StagedPackage): readonly Finding[] {
  return [...UNWANTED.flatMap((rule) => unwanted(rule, files)), ...lostMaps(files), ...tooMuch(files)];
}

/** Bytes of a package once it is installed. */
export const unpackedBytes = (files: readonly PackedFile[]): number =>
  files.reduce((total, { content }) => total + content.length, 0);

function unwanted({ severity, what, path }: (typeof UNWANTED)[number], files: readonly PackedFile[]) {
  const found = files.filter((file) => path.test(file.path)).map((file) => file.path);
  if (found.length === 0) return [];
  const next =
    severity === 'note' ? 'Say in the README where it comes from.' : 'Leave it out by "files" in package.json.';
  const more = found.length > 1 ? `, and ${found.length - 1} more like it` : '';
  return [finding(severity, found[0], `${what}${more}. ${next}`)];
}

function lostMaps(files: readonly PackedFile[]): readonly Finding[] {
  const published = new Set(files.map((file) => file.path));
  const lost = files.filter((file) => file.path.endsWith('.map') && !hasItsSources(file, published));
  if (lost.length === 0) return [];
  const more = lost.length > 1 ? `, and ${lost.length - 1} more` : '';
  const rule = `A source map leads to sources that are neither published nor written into it${more}`;
  return [
    finding('warning', lost[0].path, `${rule}. Leave maps out ("!dist/**/*.map"), or set "inlineSources": true.`),
  ];
}

function hasItsSources({ path: file, content }: PackedFile, published: ReadonlySet<string>): boolean {
  try {
    const map = JSON.parse(new TextDecoder().decode(content)) as { sources?: string[]; sourcesContent?: unknown[] };
    if (map.sourcesContent?.some((source) => typeof source === 'string')) return true;
    return (map.sources ?? []).every((source) => published.has(path.posix.join(path.posix.dirname(file), source)));
  } catch {
    return false;
  }
}

function tooMuch(files: readonly PackedFile[]): readonly Finding[] {
  const bytes = unpackedBytes(files);
  const found: Finding[] = [];
  if (bytes > LARGE.packageBytes) {
    const largest = files.reduce((one, other) => (other.content.length > one.content.length ? other : one));
    const rule = `A plugin is code, of a few KiB; this is ${(bytes / 2 ** 20).toFixed(1)} MiB unpacked.`;
    found.push(
      finding('warning', largest.path, `${rule} The largest file is named here: leave it out, or load it as data.`),
    );
  }
  if (files.length > LARGE.files) {
    const rule = `It has ${files.length} files, where ${LARGE.files} are many.`;
    found.push(finding('warning', 'package.json: files', `${rule} Name in "files" what is needed.`));
  }
  return found;
}
