import { describe, expect, test } from 'vitest';
import { loadSource } from './load-source.mjs';
import { runSpecsApart } from './specs/run-apart.mjs';

/** Specs of tfjs-core 4.22 that pass at least; all of them are 3,473. */
const LEAST_PASSED = { native: 3473, cpu: 3473, wasm: 3178 };

const { listEngines } = await loadSource("export { listEngines } from './src/open-engine.ts';");
const present = (await listEngines()).filter(({ available }) => available).map(({ name }) => name);

describe('tfjs-core’s own specs of operations', () => {
  test.each(Object.entries(LEAST_PASSED).filter(([name]) => present.includes(name)))(
    'pass on %s but for known differences and missing kernels',
    async (name, least) => {
      const { summary, stderr } = await runSpecsApart('--engine', name);
      expect(stderr).toBe('');
      expect(summary.failures).toEqual([]);
      expect(summary.stale).toEqual([]);
      expect(summary.passed).toBeGreaterThanOrEqual(least);
    },
  );
});
