import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const engine = new URL('../../../packages/engine/package.json', import.meta.url);

/** Bundles the program that runs on the other machine, with the engine's sources and op cases; packages stay outside. */
export async function bundleProgram(outfile) {
  const { build } = createRequire(engine)('esbuild');
  await build({
    entryPoints: [fileURLToPath(new URL('../program/main.mjs', import.meta.url))],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
}
