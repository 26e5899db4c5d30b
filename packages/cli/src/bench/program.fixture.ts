// What tests of the benchmarks' scripts share: programs in the place of both sides, and a run of the script.
import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A program in the place of a side: `answer` is the body of a function from its arguments to what it prints. */
export function fakeProgram(folder: string, name: string, answer: string): string {
  const file = path.join(folder, `${name}.cjs`);
  const script = `const args = process.argv.slice(2);\nconst value = (() => { ${answer} })();\n`;
  writeFileSync(file, `#!${process.execPath}\n${script}console.log(JSON.stringify(value));\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Runs a script to its end. */
export async function runScript(script: string, args: readonly string[]) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (part: string) => {
      text[stream] += part;
    });
  }
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return { code, ...text };
}
