import { spawn } from 'node:child_process';

/**
 * Runs a Node script in a process of its own.
 * @param script - its path
 * @returns exit code and what it wrote
 */
export async function runApart(script, args, options = {}) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const output = { stdout: '', stderr: '' };
  for (const name of Object.keys(output)) {
    child[name].setEncoding('utf8').on('data', (text) => {
      output[name] += text;
    });
  }
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { code, ...output };
}
