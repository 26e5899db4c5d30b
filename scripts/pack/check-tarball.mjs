import path from 'node:path';
import { run, StepFailed } from '../setup/command.mjs';

/** What every tarball has beside its code. */
const REQUIRED = ['package.json', 'README.md', 'LICENSE'];

/**
 * What no user needs: maps, tests and their fixtures, sources, what compilers keep for themselves. Templates are files of
 * packages to come, tests and sources among them.
 */
const UNWANTED = [
  /\.map$/,
  /\.tsbuildinfo$/,
  /\.(?:test|fixture)\./,
  /(?<!\.d)\.[mc]?ts$/,
  /^native\/(?:build\/|staging-|test\/)/,
];

/**
 * Refuses a tarball that would not install or import elsewhere, or that carries what nobody needs.
 *
 * @returns its manifest and the names of its files, as they lie in the package
 * @throws StepFailed with every problem
 */
export async function checkTarball(tarball) {
  const { manifest, files } = await readTarball(tarball);
  const problems = problemsOf(manifest, files);
  if (problems.length === 0) return { manifest, files };
  throw new StepFailed(
    `${path.basename(tarball)}: ${problems.join('; ')}.`,
    'mend the package.json it was packed from.',
  );
}

async function readTarball(tarball) {
  const read = async (...args) => (await run('tar', args, { output: 'stdout' })).captured;
  const listed = (await read('-tzf', tarball)).split('\n').filter((name) => name !== '' && !name.endsWith('/'));
  return {
    manifest: JSON.parse(await read('-xzOf', tarball, 'package/package.json')),
    files: listed.map((name) => name.replace(/^package\//, '')),
  };
}

/** Everything that is wrong with a package of this manifest and these files. */
export function problemsOf(manifest, files) {
  const present = new Set(files);
  return [
    ...workspaceRanges(manifest).map((name) => `dependency ${name} still has the workspace protocol`),
    ...exportedFiles(manifest)
      .filter((file) => !present.has(file))
      .map((file) => `${file} is exported and not in the tarball`),
    ...REQUIRED.filter((file) => !present.has(file)).map((file) => `${file} is missing`),
    ...files.filter(isUnwanted).map((file) => `${file} is of no use to whoever installs it`),
    ...(manifest.sideEffects === false ? [] : ['package.json does not say "sideEffects": false']),
  ];
}

const isUnwanted = (file) => !file.startsWith('templates/') && UNWANTED.some((pattern) => pattern.test(file));

const workspaceRanges = ({ dependencies, peerDependencies, optionalDependencies, devDependencies }) =>
  Object.entries({ ...dependencies, ...peerDependencies, ...optionalDependencies, ...devDependencies })
    .filter(([, range]) => range.startsWith('workspace:'))
    .map(([name]) => name);

const exportedFiles = ({ exports = {}, bin = {} }) =>
  [
    ...Object.values(exports).flatMap((to) => (typeof to === 'string' ? to : Object.values(to))),
    ...Object.values(bin),
  ].map((file) => path.posix.normalize(file));
