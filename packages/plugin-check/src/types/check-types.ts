import { checkPackage, Package, type Problem, type ProblemKind } from '@arethetypeswrong/core';
import { problemAffectsResolutionKind, problemKindInfo } from '@arethetypeswrong/core/problems';
import { type Finding, findingsOf } from '../finding.ts';
import type { StagedPackage } from '../subject/stage.ts';

const finding = findingsOf('types');

/** How `import` finds types: what `require` and Node 10 would find does not matter to an ES module. */
const RESOLUTIONS = ['node16-esm', 'bundler'] as const;

/**
 * Holds the published types against the published code, as TypeScript would resolve them for an `import`.
 * @source the profile "esm-only" of https://arethetypeswrong.github.io
 */
export async function checkTypes({ packageJson, files }: StagedPackage): Promise<readonly Finding[]> {
  const [name, version] = [String(packageJson.name), String(packageJson.version)];
  const at = `/node_modules/${name}`;
  const tree = Object.fromEntries(files.map(({ path, content }) => [`${at}/${path}`, content]));
  const result = await checkPackage(new Package(tree, name, version));
  if (!result.types) {
    const rule = 'A plugin has type declarations, which hosts and editors read; there are none in the package.';
    return [finding('error', 'package.json: exports', `${rule} Build them with "declaration": true and publish them.`)];
  }
  const seen = result.problems.filter((problem) =>
    RESOLUTIONS.some((resolution) => problemAffectsResolutionKind(problem, resolution, result)),
  );
  const said = seen.map((problem) => finding(severityOf(problem), whereOf(problem, at), sentenceOf(problem)));
  return said.filter((one, i) => said.findIndex((other) => same(one, other)) === i);
}

const same = (one: Finding, other: Finding): boolean => one.where === other.where && one.sentence === other.sentence;

const severityOf = ({ kind }: Problem): 'error' | 'warning' =>
  (['FallbackCondition', 'CJSOnlyExportsDefault'] as ProblemKind[]).includes(kind) ? 'warning' : 'error';

function whereOf(problem: Problem, at: string): string {
  const inside = (file: string) => file.replace(`${at}/`, '');
  if ('entrypoint' in problem) return `export ${JSON.stringify(problem.entrypoint)}`;
  return 'fileName' in problem ? inside(problem.fileName) : inside(problem.typesFileName);
}

function sentenceOf(problem: Problem): string {
  const { description, docsUrl } = problemKindInfo[problem.kind];
  const which = 'moduleSpecifier' in problem ? ` The import is "${problem.moduleSpecifier}".` : '';
  return `${description.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')}${which} See ${docsUrl}`;
}
