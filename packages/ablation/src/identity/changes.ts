import type { PackageVersions } from '../identity/code-of.ts';
import type { CodeHashes } from './hash-package.ts';

/** What a result went through. */
export interface MadeWith {
  readonly packages: PackageVersions;
  readonly code: CodeHashes;
  readonly engine: string;
}

/** What differs between the code and engine of two results, each in words, for one line. */
export function changesOf(before: MadeWith, now: MadeWith): string[] {
  const names = [...new Set([...Object.keys(before.packages), ...Object.keys(now.packages)])].sort();
  const engine = before.engine === now.engine ? [] : [`the engine (${before.engine}, now ${now.engine})`];
  return [...names.flatMap((name) => packageChange(name, before, now)), ...engine];
}

function packageChange(name: string, before: MadeWith, now: MadeWith): string[] {
  const [then, today] = [before.packages[name], now.packages[name]];
  if (then !== today) return [`${name} (${then ?? 'not used'}, now ${today ?? 'not used'})`];
  return before.code[name] === now.code[name] ? [] : [`${name} (same version, other contents)`];
}
