// Runs the tests of the library: node native/test/run.mjs [arguments of the test program]
//
// Inner loops are compiled as those of the addon, the rest with less optimization: a third of the time.
import { spawn } from 'node:child_process';
import { compiler, runs } from './build/compile.mjs';
import { buildTestProgram } from './build/test-program.mjs';

const program = (await runs(compiler)) ? await buildTestProgram({ name: 'quick', libraryFlags: ['-O1'] }) : undefined;
if (program === undefined) {
  console.log(`skipped: the tests of the native library need "${compiler}"`);
} else {
  const child = spawn(program, process.argv.slice(2), { stdio: 'inherit' });
  child.on('exit', (code, signal) => {
    if (signal !== null) console.log(`ended by ${signal}`);
    process.exitCode = code ?? 1;
  });
}
