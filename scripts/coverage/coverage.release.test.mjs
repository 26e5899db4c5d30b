import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { inRoot } from '../setup/paths.mjs';
import { BOUNDS, MEASURED } from './measure.mjs';

/** The quick suite of a package takes minutes, with every line counted somewhat more. */
const TIMEOUT_MS = 1_800_000;

test.each(MEASURED)(
  `the quick tests of %s execute ${BOUNDS.lines} %% of its lines, ${BOUNDS.branches} %% of its branches`,
  (name) => {
    // What this suite's own process was told is not for the suite that is measured.
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(VITEST|FORETOKEN_)/.test(key)));
    const { status, stdout, stderr } = spawnSync(process.execPath, [inRoot('scripts/coverage.mjs'), name], {
      ...{ env, encoding: 'utf8', maxBuffer: 1 << 28 },
    });
    expect(status, `${stdout}\n${stderr.slice(-5_000)}`).toBe(0);
    expect(stdout).toMatch(/^1 passed, 0 failed$/m);
  },
  TIMEOUT_MS,
);
