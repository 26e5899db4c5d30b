// Calls every function of the addon with rubbish, in a process of its own, so that a crash is a failure with its seed.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { loadAddon } from './addon.ts';

const fuzz = fileURLToPath(new URL('../../native/test/fuzz/fuzz.mjs', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

function addonFile(): string | undefined {
  try {
    return loadAddon().file;
  } catch {
    console.warn('boundary.test: skipped, the native engine is not built on this machine');
    return undefined;
  }
}

interface FuzzResult {
  readonly calls: Record<string, number>;
  readonly successes: Record<string, number>;
  readonly undeclared: readonly string[];
  readonly problem?: string;
}

/** @returns the result, and what the process was doing when it ended without one */
function run(
  file: string,
  megabytes: number,
  ...args: string[]
): Promise<{ code: number | null; result?: FuzzResult; last: string }> {
  const journal = path.join(folder, `journal-${args.join('')}`);
  return new Promise((resolve) => {
    const all = [fuzz, `--addon=${file}`, `--journal=${journal}`, ...args];
    // In little memory: what asks for more is refused, as on a full machine, instead of filling this one.
    const limited = ['-c', `ulimit -v ${megabytes * 1024} 2>/dev/null; exec "$0" "$@"`, process.execPath, ...all];
    const child = spawn('sh', limited, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    child.on('close', (code, signal) => {
      const last = readFileSync(journal, 'utf8').split('run\n').at(-1) ?? '';
      const line = output.trimEnd().split('\n').at(-1) ?? '';
      resolve({ code: signal === null ? code : -1, result: line === '' ? undefined : JSON.parse(line), last });
    });
  });
}

const file = addonFile();

describe.skipIf(file === undefined)('the boundary of the addon', () => {
  const letIn: Record<string, number> = {};

  test.each([1, 3, 4])(
    'whatever it is called with, only the project’s own error comes back, and no memory stays (seed %i)',
    async (seed) => {
      const { code, result, last } = await run(file as string, 2000, `--seed=${seed}`, '--runs=400');
      expect(code, last).toBe(0);
      expect(result?.problem).toBeUndefined();
      // Every exported function is known to the fuzzer and was called.
      expect(result?.undeclared).toEqual([]);
      expect(Object.entries(result?.calls ?? {}).filter(([, count]) => count === 0)).toEqual([]);
      for (const [name, count] of Object.entries(result?.successes ?? {})) letIn[name] = (letIn[name] ?? 0) + count;
    },
  );

  // What is refused each time has not run: a refusal that the fuzzer no longer understands shows here.
  test('every function was let in, and did its work', () => {
    expect(Object.keys(letIn).length).toBeGreaterThan(60);
    expect(Object.entries(letIn).filter(([, count]) => count === 0)).toEqual([]);
  });

  test('several threads of Node may call at once, and one that is ended leaves nothing behind', async () => {
    const { code, result, last } = await run(file as string, 6000, '--seed=7', '--runs=40', '--workers=3');
    expect(code, last).toBe(0);
    expect(result?.problem).toBeUndefined();
  });
});
