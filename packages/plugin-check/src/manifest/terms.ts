import parseLicence from 'spdx-expression-parse';
import type { StagedPackage } from '../subject/stage.ts';
import type { Broken } from './package-rules.ts';

/** What is wrong with the licence: others may use a plugin only by one. */
export function licenceProblems({ packageJson: { license: licence }, files }: StagedPackage): readonly Broken[] {
  const has = (pattern: RegExp) => files.some(({ path }) => pattern.test(path));
  if (typeof licence !== 'string' || licence.trim() === '') {
    const was = licence === undefined ? 'it is not there' : `it is ${JSON.stringify(licence)}`;
    const sentence = `It must be an SPDX expression such as "MIT" or "Apache-2.0"; ${was}. Nobody may use a package without one.`;
    return [{ severity: 'error', key: 'license', sentence }];
  }
  if (licence === 'UNLICENSED') {
    const sentence = '"UNLICENSED" lets nobody use the package. Choose a licence if it is to be published.';
    return [{ severity: 'warning', key: 'license', sentence }];
  }
  const [, named] = /^SEE LICEN[CS]E IN (.+)$/.exec(licence) ?? [];
  if (named !== undefined) {
    if (files.some(({ path }) => path === named)) return [];
    const sentence = `It points to "${named}", which is not in the package. Add the file.`;
    return [{ severity: 'error', key: 'license', sentence }];
  }
  return [...notSpdx(licence), ...(has(/^(licen[cs]e|copying)([.-].*)?$/i) ? [] : [NO_FILE])];
}

const NO_FILE: Broken = {
  severity: 'warning',
  key: 'LICENSE',
  sentence: 'A licence asks that its text goes with the code; there is no LICENSE file in the package. Add it.',
};

function notSpdx(licence: string): readonly Broken[] {
  try {
    parseLicence(licence);
    return [];
  } catch {
    const sentence = `It must be an SPDX expression such as "MIT" or "Apache-2.0"; it is "${licence}". See https://spdx.org/licenses.`;
    return [{ severity: 'error', key: 'license', sentence }];
  }
}
