// How Stryker changes a module and runs its tests; FORETOKEN_MUTATION names the module, FORETOKEN_MUTATION_FILES those of
// its files to which the run is restricted.
import { globsOf, LOWEST_SCORE, MODULES } from './modules.mjs';

const name = process.env.FORETOKEN_MUTATION;
const { mutate } = globsOf(MODULES[name]);
const files = process.env.FORETOKEN_MUTATION_FILES?.split(',') ?? mutate;

export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'scripts/mutation/vitest.config.mjs', related: false },
  mutate: [...files, '!**/*.{test,fixture}.ts'],
  // Only what the tests of the module need is copied. Packages find one another in node_modules, which is linked.
  ignorePatterns: [
    '/*',
    '!/tsconfig.base.json',
    '!/package.json',
    '!/packages',
    '/packages/*',
    `!/packages/${MODULES[name].package}`,
    '!/scripts',
    '/scripts/pack',
  ],
  tempDirName: '.foretoken/mutation/sandbox',
  coverageAnalysis: 'perTest',
  concurrency: 1,
  // A machine that does other things is slow now and then, and a mutant that only took long is none that was found.
  timeoutMS: 20_000,
  timeoutFactor: 5,
  // What survived while modules load is not tried again, whatever tests there are since: for a first look alone.
  incremental: process.env.FORETOKEN_MUTATION_CHANGED !== undefined,
  incrementalFile: `.foretoken/mutation/${name}-before.json`,
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: {
    allowColor: false,
    allowEmojis: false,
    logTests: false,
    reportTests: false,
    reportScoreTable: true,
  },
  jsonReporter: { fileName: `.foretoken/mutation/${name}.json` },
  htmlReporter: { fileName: `.foretoken/mutation/${name}.html` },
  thresholds: { high: 95, low: LOWEST_SCORE, break: LOWEST_SCORE },
  allowConsoleColors: false,
  disableTypeChecks: false,
};
