#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { workingFolder } from './failure.ts';
import { run } from './program.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort());

const { stdin, stdout, stderr } = process;
process.exitCode = await run({
  args: process.argv.slice(2),
  version,
  // Asked for where a failure is told.
  get cwd() {
    return workingFolder();
  },
  year: new Date().getFullYear(),
  terminal: stdin.isTTY && stdout.isTTY ? { input: stdin, output: stdout } : undefined,
  out: (text) => void stdout.write(text),
  err: (text) => void stderr.write(text),
  signal: stopped.signal,
});
