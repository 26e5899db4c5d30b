import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Folder of the engine package. */
export const packageFolder = fileURLToPath(new URL('..', import.meta.url));

// Inside the package, so that a bundle finds the package's dependencies.
const cacheFolder = fileURLToPath(new URL('../node_modules/.cache/conformance/', import.meta.url));
let numLoaded = 0;

/** Lets every bundled source file of ours find what lies beside it, as it would unbundled. */
const keepFileUrls = {
  name: 'keep-file-urls',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      return { contents: source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)), loader: 'ts' };
    });
  },
};

/**
 * Bundles one entry and imports it. Packages stay outside the bundle, so that all of it meets the process' one tfjs.
 * @param options - entry point and more of esbuild's options
 * @returns the entry's exports
 */
export async function loadBundle(options) {
  const { outputFiles } = await build({
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    absWorkingDir: packageFolder,
    ...options,
  });
  await mkdir(cacheFolder, { recursive: true });
  const file = `${cacheFolder}${process.pid}-${numLoaded++}.mjs`;
  await writeFile(file, outputFiles[0].contents);
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(file);
  }
}

/**
 * Imports TypeScript sources of the engine, tests included, as they are now: no build is needed and none can be stale.
 * @param source - what the entry module says; its imports are relative to the package
 * @returns the entry's exports
 */
export function loadSource(source) {
  return loadBundle({
    stdin: { contents: source, resolveDir: packageFolder, loader: 'ts' },
    packages: 'external',
    plugins: [keepFileUrls],
  });
}
