import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const FOLDERS = ['packages/*/src', 'packages/engine/conformance', 'bench/gpu', 'examples/*', 'scripts'];

/**
 * Quick tests that get a process of their own; all others share two. What a file needs or leaves behind puts it here:
 * no tensor library or no engine so far, modules that are mocked or loaded again, a folder to work in.
 */
const ALONE = [
  'packages/ablation/src/host.test.ts',
  'packages/engine/src/nodes-alone.test.ts',
  'packages/engine/src/open-engine.test.ts',
  'packages/engine/src/engines/tensorflow/tensorflow.test.ts',
  'packages/cli/src/engine/*.test.ts',
  // They load reflect-metadata, which nothing of ours may need.
  'packages/core/src/di/application.test.ts',
  'packages/core/src/tsyringe/expose-host.test.ts',
  'examples/{tsyringe-host,inversify-class}/**/*.test.ts',
];

// `vitest run` takes the quick tests, `vitest run --mode slow` the *.slow.test.ts: training, real processes, browsers;
// `vitest run --mode release` the *.release.test.ts: what takes hours, or other Nodes.
export default defineConfig(({ mode }) => {
  const isSlow = mode === 'slow' || mode === 'release';
  const files = FOLDERS.map((folder) => `${folder}/**/*${isSlow ? `.${mode}` : ''}.test.{ts,mjs}`);
  const never = ['**/node_modules/**', '**/dist/**', ...(isSlow ? [] : ['**/*.{slow,release}.test.*'])];
  const setupFiles = ['scripts/test/own-tensors.mjs'];
  const common = {
    // For what hangs alone: tests share their processors with whatever else the machine does.
    testTimeout: isSlow ? 600_000 : 300_000,
    hookTimeout: isSlow ? 600_000 : 300_000,
    // Ablations of the tests wait for one another's timings, and for nobody else's on the machine.
    env: { FORETOKEN_LOCKS: join(tmpdir(), `foretoken-tests-${process.pid}`) },
    // Whatever a test put in place of the real thing goes with it, not on into the next file of the process.
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
  };
  const project = (name: string, include: string[], exclude: string[], isolate: boolean) => ({
    extends: true as const,
    test: { name, include, exclude: [...never, ...exclude], isolate, setupFiles, ...common },
  });
  return {
    test: {
      pool: 'forks',
      maxWorkers: 2,
      silent: 'passed-only',
      projects: isSlow
        ? [project(mode, files, [], true)]
        : // Loading the modules anew for every file takes more time than most files' tests.
          [project('quick', files, ALONE, false), project('alone', ALONE, [], true)],
    },
  };
});
