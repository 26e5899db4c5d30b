import { readFileSync } from 'node:fs';
import path from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/** Ways of resolving that a package of ESM alone does not serve: Node 10's, and `require` without `import`. */
const UNSERVED = ['node10', 'node16-cjs'];

/**
 * What publint and "are the types wrong" (its profile for ESM alone) find in a tarball, a sentence each.
 *
 * @param tarball - its path
 */
export async function lintTarball(tarball) {
  const bytes = readFileSync(tarball);
  const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true });
  const found = await checkPackage(createPackageFromTarballData(new Uint8Array(bytes)));
  const problems = (found.types ? found.problems : []).filter(
    ({ resolutionKind }) => !UNSERVED.includes(resolutionKind),
  );
  return [
    ...messages.map((message) => `publint: ${message.type}: ${formatMessage(message, pkg, { color: false })}`),
    ...problems.map((problem) => `types: ${JSON.stringify(problem)}`),
  ].map((sentence) => `${path.basename(tarball)}: ${sentence}`);
}
