// The tests of one module alone, so that a mutant costs what those cost; FORETOKEN_MUTATION names it.
import { defineConfig } from 'vitest/config';
import { globsOf, MODULES } from './modules.mjs';

const { tests } = globsOf(MODULES[process.env.FORETOKEN_MUTATION]);
const isLeftOut = (glob) => glob.startsWith('!');

export default defineConfig({
  test: {
    include: tests.filter((glob) => !isLeftOut(glob)),
    exclude: [
      '**/node_modules/**',
      '**/*.{slow,release}.test.*',
      ...tests.filter(isLeftOut).map((glob) => glob.slice(1)),
    ],
    setupFiles: ['scripts/test/own-tensors.mjs'],
    // One process for all files of a run: starting and loading is most of what a mutant costs.
    isolate: false,
    testTimeout: 120_000,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
  },
});
