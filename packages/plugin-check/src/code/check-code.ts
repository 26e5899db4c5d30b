import { isBuiltin } from 'node:module';
import type { Manifest } from '@foretoken/core';
import { type Finding, findingsOf } from '../finding.ts';
import type { StagedPackage } from '../subject/stage.ts';
import { CAPABILITIES, type Capability, capabilityOfModule } from './capabilities.ts';
import { type ReadModule, readReachable } from './reachable.ts';
import type { ImportedName } from './read-module.ts';
import { loadSyntax } from './syntax.ts';

const finding = findingsOf('code');

/**
 * Reads the code that a host would run, without running it: what it imports that nobody installs, how it gets at tensors
 * beside `ops`, and what else it reaches. The last is for a reader to know: code that wants to hide can.
 */
export function checkCode(staged: StagedPackage, manifest: Manifest): readonly Finding[] {
  const modules = readReachable(loadSyntax(), staged, manifest);
  return [...modules.flatMap((module) => [...faults(module), ...imports(module, staged)]), ...reached(modules)];
}

function faults({ path, fault, broken }: ReadModule): readonly Finding[] {
  const missing = broken.map(({ specifier, line }) =>
    finding('error', `${path}:${line}`, `It imports "${specifier}", which is no file of the package. Publish it.`),
  );
  if (!fault) return missing;
  const sentence = `It is no JavaScript that a parser takes: ${fault.message.replace(/\.?$/, '.')} Build the package again.`;
  return [finding('error', `${path}:${fault.line}`, sentence), ...missing];
}

function imports({ path, imports }: ReadModule, { packageJson }: StagedPackage): readonly Finding[] {
  return imports.flatMap((imported) => {
    const where = `${path}:${imported.line}`;
    const { specifier, isRequire } = imported;
    if (specifier === undefined) {
      return [finding('note', where, 'It imports what it only names as it runs, so nobody can say here what that is.')];
    }
    if (isRequire && path.endsWith('.js') && packageJson.type === 'module') {
      return [
        finding(
          'warning',
          where,
          `An ES module has no \`require\`; it asks for "${specifier}" by it. Write \`import\`.`,
        ),
      ];
    }
    if (/^[./#]/.test(specifier) || isBuiltin(specifier) || specifier.startsWith('data:')) return [];
    return [...undeclared(specifier, where, packageJson), ...beyondOps(imported, where)];
  });
}

/** `@scope/name` or `name` of what is imported. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function undeclared(specifier: string, where: string, packageJson: StagedPackage['packageJson']): readonly Finding[] {
  const name = packageOf(specifier);
  const kinds = ['dependencies', 'peerDependencies', 'optionalDependencies'];
  if (name === packageJson.name || kinds.some((kind) => Object.hasOwn((packageJson[kind] ?? {}) as object, name))) {
    return [];
  }
  const rule = `It imports "${name}", which is neither among its dependencies nor its peers, so it may not be there.`;
  return [finding('error', where, `${rule} Add it to package.json, or do without it.`)];
}

function beyondOps({ specifier, names }: ImportedName, where: string): readonly Finding[] {
  const isTensorflow = specifier!.startsWith('@tensorflow/');
  const isEngine = specifier === '@foretoken/engine' && (names.includes('tf') || names.includes('*'));
  if (!isTensorflow && !isEngine) return [];
  const how = isTensorflow ? `It imports "${specifier}"` : 'It uses `tf` of "@foretoken/engine"';
  const rule = `${how}, beyond \`ops\`: it runs on engines that carry tfjs alone, and its gradients are checked in float32.`;
  return [finding('warning', where, `${rule} Use \`ops\` where it has the operation.`)];
}

/** What the code reaches, one note for each kind of thing. */
function reached(modules: readonly ReadModule[]): readonly Finding[] {
  const places = modules.flatMap(({ path, reaches, imports }) => [
    ...reaches.map(({ capability, what, line }) => ({ capability, what, where: `${path}:${line}` })),
    ...imports.flatMap(({ specifier, line, names }) => {
      const capability = specifier !== undefined && isBuiltin(specifier) && capabilityOfModule(specifier, names);
      return capability ? [{ capability, what: specifier!, where: `${path}:${line}` }] : [];
    }),
  ]);
  return (Object.keys(CAPABILITIES) as Capability[]).flatMap((capability) => {
    const found = places.filter((place) => place.capability === capability);
    if (found.length === 0) return [];
    const what = [...new Set(found.map((place) => place.what))].slice(0, 4).join(', ');
    const more = found.length > 1 ? `, and ${found.length - 1} more ${found.length > 2 ? 'places' : 'place'}` : '';
    return [finding('note', found[0].where, `It ${CAPABILITIES[capability]} (${what})${more}.`)];
  });
}
