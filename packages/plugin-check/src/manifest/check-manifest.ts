import { type Manifest, readManifest, resolveExport } from '@foretoken/core';
import { isForetokenError } from '@foretoken/engine/errors';
import { type Finding, findingsOf } from '../finding.ts';
import type { StagedPackage } from '../subject/stage.ts';

const finding = findingsOf('manifest');

/** What a package says of itself, and all that is wrong with it. */
export interface ManifestCheck {
  /** Undefined where there is none that a host would take. */
  readonly manifest: Manifest | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Holds the `foretoken` entry against the loader's own rules, and looks for the file behind each export that it promises;
 * all at once, and without running any of the package's code.
 */
export function checkManifest({ directory, packageJson }: StagedPackage): ManifestCheck {
  const { value: manifest, problems } = attempt(() => readManifest({ directory, packageJson }));
  const findings = problems.map((sentence) => finding('error', 'package.json: foretoken', sentence));
  if (!manifest) return { manifest, findings };
  for (const entry of new Set(manifest.provides.map((promised) => promised.export))) {
    const { problems } = attempt(() => resolveExport({ directory, packageJson }, entry, manifest));
    findings.push(...problems.map((sentence) => finding('error', 'package.json: foretoken.provides', sentence)));
  }
  return { manifest, findings };
}

function attempt<T>(work: () => T): { readonly value?: T; readonly problems: readonly string[] } {
  try {
    return { value: work(), problems: [] };
  } catch (error) {
    if (!isForetokenError(error)) throw error;
    return { problems: error.problems };
  }
}
