import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { confined, directions, folderOf } from './directions.mjs';
import { readImports } from './read-imports.mjs';
import { writingProblems } from './writing.mjs';

/**
 * Checks every package of a workspace: import directions, declared dependencies, public names only, no relative import
 * that leaves its package, the packages that are confined to one place, and that nobody writes to disk by himself.
 *
 * @param root - folder that holds `packages/` and a package.json whose devDependencies tests may use
 * @returns one line per violation: file:line, the rule, the next step
 */
export function checkImports(root) {
  const manifests = new Map(
    readdirSync(path.join(root, 'packages')).map((folder) => [folder, readManifest(root, `packages/${folder}`)]),
  );
  const forTests = Object.keys(readManifest(root, '.').devDependencies ?? {});
  return [...manifests].flatMap(([folder, manifest]) => {
    if (!directions[folder])
      return [`packages/${folder}: has no place in scripts/imports/directions.mjs; give it one.`];
    const check = { root, folder, manifest, manifests, forTests };
    return [...manifestProblems(check), ...sourcesOf(root, folder).flatMap((file) => fileProblems(check, file))];
  });
}

const readManifest = (root, folder) => JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));

const sourcesOf = (root, folder) =>
  readdirSync(path.join(root, 'packages', folder, 'src'), { recursive: true })
    .filter((name) => /\.[mc]?[jt]sx?$/.test(name))
    .map((name) => `packages/${folder}/src/${name.split(path.sep).join('/')}`)
    .sort();

const dependenciesOf = ({ dependencies, peerDependencies, optionalDependencies }) =>
  Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });

function manifestProblems({ folder, manifest }) {
  return dependenciesOf(manifest)
    .filter((name) => folderOf(name) && !directions[folder].includes(folderOf(name)))
    .map((name) => `packages/${folder}/package.json: ${folder} may not depend on ${name}; ${allowed(folder)}`);
}

function fileProblems(check, file) {
  const source = readFileSync(path.join(check.root, file), 'utf8');
  const wrongImports = readImports(source).flatMap(({ name, line }) => {
    const problem = name.startsWith('.') ? relativeProblem(check, file, name) : packageProblem(check, file, name);
    return problem ? [{ line, problem }] : [];
  });
  return [...wrongImports, ...writingProblems(file, source)].map(({ line, problem }) => `${file}:${line}: ${problem}`);
}

function relativeProblem({ folder }, file, name) {
  const target = path.posix.join(path.posix.dirname(file), name);
  if (target.startsWith(`packages/${folder}/`)) return undefined;
  return `"${name}" leaves the package; import the other package by its name.`;
}

function packageProblem(check, file, name) {
  if (name.startsWith('node:')) return undefined;
  if (isBuiltin(name)) return `"${name}" is a built-in module; write "node:${name}".`;
  const rule = confined.find((rule) => rule.name.test(name) && !rule.place.test(file));
  if (rule) return `"${name}" may not be imported here: ${rule.why}.`;
  const packageName = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
  const target = folderOf(packageName);
  return target
    ? workspaceProblem(check, file, { name, packageName, target })
    : undeclaredProblem(check, file, packageName);
}

function workspaceProblem(check, file, { name, packageName, target }) {
  const { folder, manifests } = check;
  const exported = manifests.get(target)?.exports;
  if (!exported?.[`.${name.slice(packageName.length)}`]) return `"${name}" is not a public name of ${packageName}.`;
  if (isTest(file))
    return target === 'cli' && folder !== 'cli' ? `no test below cli may import ${packageName}.` : undefined;
  if (target === folder) return `"${name}" is this very package; use a relative path.`;
  if (!directions[folder].includes(target)) return `${folder} may not import ${packageName}; ${allowed(folder)}`;
  return undeclaredProblem(check, file, packageName);
}

function undeclaredProblem({ folder, manifest, forTests }, file, packageName) {
  const declared = [
    ...dependenciesOf(manifest),
    ...(isTest(file) ? [...forTests, ...Object.keys(manifest.devDependencies ?? {})] : []),
  ];
  if (declared.includes(packageName)) return undefined;
  return `"${packageName}" is not a dependency of packages/${folder}; add it to its package.json.`;
}

const isTest = (file) => /\.(?:test|fixture)\.[mc]?[jt]sx?$/.test(file);

const allowed = (folder) => `it may use ${directions[folder].join(', ') || 'no other package'}.`;
