import { type Finding, findingsOf } from '../finding.ts';
import type { StagedPackage } from '../subject/stage.ts';
import { dependencyProblems } from './dependency-rules.ts';
import { PACKAGE_RULES } from './package-rules.ts';
import { licenceProblems } from './terms.ts';

const finding = findingsOf('manifest');

/** Holds package.json against what a plugin's must say, beside its `foretoken` entry. */
export function checkPackageJson(staged: StagedPackage): readonly Finding[] {
  const found = [
    ...PACKAGE_RULES.map((rule) => rule(staged)).filter((broken) => broken !== undefined),
    ...dependencyProblems(staged.packageJson, staged.origin),
    ...licenceProblems(staged),
  ];
  return found.map(({ severity, key, sentence }) =>
    finding(severity, /^[A-Z]/.test(key) ? key : `package.json: ${key}`, sentence),
  );
}
