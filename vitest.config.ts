import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// `vitest run` takes the quick tests, `vitest run --mode slow` the *.slow.test.ts: training, real processes, browsers.
export default defineConfig(({ mode }) => {
  const isSlow = mode === 'slow';
  const folders = ['packages/*/src', 'packages/engine/conformance', 'bench/gpu', 'examples/*', 'scripts'];
  return {
    test: {
      include: folders.map((folder) => `${folder}/**/*${isSlow ? '.slow' : ''}.test.{ts,mjs}`),
      exclude: ['**/node_modules/**', '**/dist/**', ...(isSlow ? [] : ['**/*.slow.test.*'])],
      pool: 'forks',
      maxWorkers: 2,
      testTimeout: isSlow ? 600_000 : 20_000,
      hookTimeout: isSlow ? 600_000 : 60_000,
      silent: 'passed-only',
      // Ablations of the tests wait for one another's timings, and for nobody else's on the machine.
      env: { FORETOKEN_LOCKS: join(tmpdir(), `foretoken-tests-${process.pid}`) },
    },
  };
});
