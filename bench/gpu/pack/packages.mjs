import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';

/** For building native code at install; nothing loads them when the command runs. */
const NOT_NEEDED = new Set(['node-gyp', 'node-api-headers']);

/**
 * Every package that running these needs: themselves and, however deep, what they depend on. The first version of a package
 * lies at the top, another one inside the package that needs it.
 *
 * @param folders - of the packages to start from
 * @returns of each where it is, where it goes (`node_modules/..`), and its files as paths inside it
 * @throws Error if one is not installed
 */
export function productionPackages(folders) {
  const byPlace = new Map();
  const open = folders.map((folder) => ({ folder: realpathSync(folder), needing: '' }));
  while (open.length > 0) {
    const { folder, needing } = open.shift();
    const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const top = `node_modules/${manifest.name}`;
    if (byPlace.get(top)?.folder === folder) continue;
    const place = byPlace.has(top) ? `${needing}/${top}` : top;
    if (byPlace.has(place)) continue;
    byPlace.set(place, { name: manifest.name, folder, place, files: filesOf(folder, manifest) });
    open.push(...dependenciesOf(folder, manifest).map((name) => ({ folder: locate(name, folder), needing: place })));
  }
  return [...byPlace.values()].sort((a, b) => (a.place < b.place ? -1 : 1));
}

/** The folder of a package as Node finds it from another folder, links followed. */
export function locate(name, from) {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const place = path.join(folder, 'node_modules', name);
    if (existsSync(path.join(place, 'package.json'))) return realpathSync(place);
    if (path.dirname(folder) === folder)
      throw new Error(`${name}, needed in ${from}, is not installed; run npm run setup`);
  }
}

/**
 * What a package loads: of most, what they depend on and the peers that they cannot do without. tfjs' main files hold whole
 * packages; they ask for less than they declare, and for one package that only others of tfjs declare.
 */
function dependenciesOf(folder, { name, dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {}, main }) {
  if (!name.startsWith('@tensorflow/')) {
    const peers = Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional);
    return [...Object.keys(dependencies), ...peers].filter((one) => !NOT_NEEDED.has(one));
  }
  const source = readFileSync(path.join(folder, main), 'utf8');
  const asked = new Set(
    [...source.matchAll(/^(?!\s*\/\/).*\brequire\(['"]([^'"]+)['"]\)/gm)].map(([, request]) => request),
  );
  return [...asked].filter((request) => !isBuiltin(request));
}

/** Left out: what a program does not read when it runs. */
const UNREAD =
  /\.(?:map|md|markdown|[cm]?ts|tsx|flow|tsbuildinfo)$|(?:^|\/)(?:test|tests|docs|example|examples|\.github)\//;

function filesOf(folder, { name, main }) {
  if (name.startsWith('@tensorflow/')) return tfjsFiles(folder, main);
  const all = listed(folder).filter((file) => !UNREAD.test(file));
  if (name === 'webgpu') return all.filter((file) => !file.startsWith('dist/') || file.startsWith(platformFolder()));
  if (isOurs(name)) return all.filter((file) => file === 'package.json' || /^(?:dist|tfjs)\//.test(file));
  return all;
}

const isOurs = (name) => name === 'foretoken' || name.startsWith('@foretoken/');

const platformFolder = () => `dist/${process.platform}-${process.arch}/`;

function tfjsFiles(folder, main) {
  const binaries = listed(folder).filter((file) => /^dist\/[^/]+\.wasm$/.test(file));
  return ['package.json', main, ...binaries].map((file) => path.posix.normalize(file));
}

const listed = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.posix.join(path.relative(folder, entry.parentPath), entry.name))
    .filter((file) => !file.startsWith('node_modules/') && !file.includes('/node_modules/'))
    .sort();
