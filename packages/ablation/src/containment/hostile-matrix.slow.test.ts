import { fileURLToPath } from 'node:url';
import { PLUGIN_KINDS } from '@foretoken/core';
import { hooksOf } from '@foretoken/core/testing';
import { describe, expect, it } from 'vitest';
import { createForetokenHost } from '../host.ts';
import { planAblation } from '../plan/plan-ablation.ts';
import type { CellResults } from '../results/results.ts';
import { runAblation } from '../run/run-ablation.ts';
import { DECODED, DEFINITIONS, EXPECTED, HOSTILE, LOSS, SETTINGS, UNPLANNED } from './hostile.fixture.ts';
import { type Arm, hostileFolder } from './hostile-folder.fixture.ts';

const entry = fileURLToPath(new URL('../../dist/workers/worker-main.js', import.meta.url));

/** Of the whole process: a worker with its engine and a model takes some 250 MB. */
const MEMORY_BYTES = 900 * 2 ** 20;
/** So long that a busy machine is not taken for a plugin that hangs. */
const HANG_MS = 15_000;

const workers = { entry, count: 2, retries: 0, hangMs: HANG_MS, memoryBytes: MEMORY_BYTES };

const definitionOf = (name: string) => DEFINITIONS.find((one) => one.name === name)!;
const armOf = (name: string): Arm => ({ name, set: SETTINGS[definitionOf(name).kind](name) });

const HONEST: readonly Arm[] = [
  { name: 'built-in', set: { evals: [LOSS, DECODED] } },
  armOf('eval-honest'),
  { name: 'head-honest', set: { ...SETTINGS.head('head-honest'), evals: [LOSS, DECODED] } },
];
const HOSTILE_ARMS = Object.keys(EXPECTED).map(armOf);

/** Runs a matrix. @returns its cells by arm */
async function cellsOf(arms: readonly Arm[]): Promise<Map<string, CellResults>> {
  const host = await createForetokenHost();
  try {
    const plan = await planAblation(await hostileFolder(arms), host);
    const { results } = await runAblation(plan, { host, workers });
    return new Map(results.arms.map(({ name, cells: [cell] }) => [name, cell]));
  } finally {
    await host.dispose();
  }
}

describe('a matrix with a hostile plugin in most of its cells', async () => {
  // One hostile cell before and after each honest one, as far as they last.
  const [first, ...rest] = HONEST;
  const cells = await cellsOf([first, ...HOSTILE_ARMS.slice(0, 30), rest[0], ...HOSTILE_ARMS.slice(30), rest[1]]);

  it('has at least 40 of them, over every kind and every hook that a plugin of it can have', () => {
    expect(HOSTILE_ARMS.length).toBeGreaterThanOrEqual(40);
    expect(DEFINITIONS.length).toBe(HOSTILE_ARMS.length + Object.keys(UNPLANNED).length + 2);
    const reached = Object.entries({ ...EXPECTED, ...UNPLANNED });
    for (const kind of PLUGIN_KINDS) {
      const hooks = reached.filter(([name]) => definitionOf(name).kind === kind).map(([, { hook }]) => hook);
      expect([kind, ...new Set(hooks)].sort()).toEqual([kind, ...hooksOf(kind)].sort());
    }
  });

  it.each(Object.entries(UNPLANNED))('ends a plan with the name and hook of %s', async (name, { code, hook, says }) => {
    const host = await createForetokenHost();
    const message = await hostileFolder([armOf(name)])
      .then((file) => planAblation(file, host))
      .then(
        () => 'planned',
        (error: Error) => error.message,
      );
    await host.dispose();
    const { kind } = definitionOf(name);
    expect(message).toContain(code);
    expect(message).toContain(`${kind} "${name}" of ${HOSTILE.name}@${HOSTILE.version}: ${hook}`);
    expect(message).toContain(says);
  });

  it.each(Object.entries(EXPECTED))('fails the cell of %s with its name and its hook', (name, { code, hook, says }) => {
    const cell = cells.get(name);
    const { kind } = definitionOf(name);
    expect(cell).toMatchObject({ status: 'failed', error: { code } });
    const { message } = (cell as unknown as { error: { message: string } }).error;
    expect(message).toContain(`${kind} "${name}" of ${HOSTILE.name}@${HOSTILE.version}: ${hook}`);
    expect(message).toContain(says);
  });

  it('moves no bit of the cells of the others', async () => {
    const quiet = await cellsOf(HONEST);
    for (const { name } of HONEST) {
      const [among, alone] = [cells.get(name), quiet.get(name)] as {
        readonly status: string;
        readonly results?: object;
      }[];
      expect(among).toMatchObject({ status: 'done', results: { 'bits-per-byte': {} } });
      expect(JSON.stringify(among.results)).toBe(JSON.stringify(alone.results));
    }
  });
});
