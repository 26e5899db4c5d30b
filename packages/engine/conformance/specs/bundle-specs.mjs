import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { loadBundle, packageFolder } from '../load-source.mjs';

const requireHere = createRequire(join(packageFolder, 'package.json'));
const requireTfjs = createRequire(requireHere.resolve('@tensorflow/tfjs'));

/** The tfjs-core that the engine itself runs on. */
export const corePath = requireTfjs.resolve('@tensorflow/tfjs-core');

/** Folder of tfjs-core's modules, its specs among them. */
const moduleFolder = join(dirname(requireTfjs.resolve('@tensorflow/tfjs-core/package.json')), 'dist');

/** Spec files of operations, by their path below tfjs-core's `ops` folder. */
export const specFiles = readdirSync(join(moduleFolder, 'ops'), { recursive: true })
  .map((name) => name.split(sep).join('/'))
  .filter((name) => name.endsWith('_test.js'))
  .sort();

/** Modules that hold state or whose classes and functions the engine has already: name, and how to get them from core. */
const shared = [
  { file: /^index$/, from: 'core' },
  { file: /^engine$/, from: '{ ENGINE: core.engine() }' },
  { file: /^environment$/, from: '{ env: core.env }' },
  { file: /^test_util$/, from: 'core.test_util' },
  { file: /^util$/, from: 'core.util' },
  { file: /^ops\/(?!.*(_util|_test|operation)$)/, from: 'core' },
];

/** Gives specs the engine's own tfjs-core instead of a second one; what core keeps to itself is bundled from its sources. */
const shareCore = {
  name: 'share-core',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\.?(\/|$)/ }, ({ path, resolveDir }) => {
      if (!resolveDir.startsWith(moduleFolder)) return undefined;
      const file =
        join(resolveDir, path)
          .slice(moduleFolder.length + 1)
          .split(sep)
          .join('/') || 'index';
      const found = shared.find((entry) => entry.file.test(file));
      return found && { path: found.from, namespace: 'core' };
    });
    onLoad({ filter: /.*/, namespace: 'core' }, ({ path }) => ({
      contents: `const core = require(${JSON.stringify(corePath)}); module.exports = ${path};`,
      resolveDir: packageFolder,
    }));
  },
};

const entry = [
  `export * from ${JSON.stringify(join(moduleFolder, 'jasmine_util.js'))};`,
  'export const load = {',
  ...specFiles.map(
    (name) => `  ${JSON.stringify(name)}: () => import(${JSON.stringify(join(moduleFolder, 'ops', name))}),`,
  ),
  '};',
].join('\n');

const banner = `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(corePath)});`;

/**
 * Bundles tfjs-core's operation specs. None runs, or is even declared, before its `load` is called.
 * @returns `setTestEnvs`, `load` by spec file
 */
export function bundleSpecs() {
  return loadBundle({
    stdin: { contents: entry, resolveDir: packageFolder, loader: 'js' },
    external: [corePath],
    mainFields: ['module', 'main'],
    ignoreAnnotations: true,
    banner: { js: banner },
    alias: { 'jasmine-core': requireHere.resolve('jasmine-core/package.json').replace(/\/package\.json$/, '') },
    plugins: [shareCore],
  });
}
