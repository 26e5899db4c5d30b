import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Runs the specs in a process of their own: they take jasmine's globals and leave tfjs unusable.
 * @param args - of tfjs-specs.mjs, without `--json`
 * @returns exit code, and the report if there is one
 */
export async function runSpecsApart(...args) {
  const script = fileURLToPath(new URL('../tfjs-specs.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of Object.keys(output)) {
    child[name].setEncoding('utf8').on('data', (text) => {
      output[name] += text;
    });
  }
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { code, stderr: output.stderr, summary: output.stdout === '' ? undefined : JSON.parse(output.stdout) };
}
