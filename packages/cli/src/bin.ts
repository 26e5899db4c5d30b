#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { createProgram, runProgram } from './program.ts';

// A reader that has seen enough, as in `foretoken plugins | head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const exitCode = await runProgram(createProgram(version), process.argv.slice(2));
if (exitCode !== undefined) process.exitCode = exitCode;
