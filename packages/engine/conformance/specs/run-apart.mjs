import { fileURLToPath } from 'node:url';
import { runApart } from '../run-apart.mjs';

/**
 * Runs the specs in a process of their own: they take jasmine's globals and leave tfjs unusable.
 * @param args - of tfjs-specs.mjs, without `--json`
 * @returns exit code, and the report if there is one
 */
export async function runSpecsApart(...args) {
  const script = fileURLToPath(new URL('../tfjs-specs.mjs', import.meta.url));
  const { code, stdout, stderr } = await runApart(script, ['--json', ...args]);
  return { code, stderr, summary: stdout === '' ? undefined : JSON.parse(stdout) };
}
