// Builds the addon where a compiler is; says why where it is not, and never fails an install. `foretoken engine build` and
// package managers' install step both run this. Exit code 0 always, unless --strict is given.
//
//   node native/install.mjs [--strict] [--force]
import { buildNative } from './build-native.mjs';

const { built, reason } = await buildNative({ force: process.argv.includes('--force') });
if (!built) {
  process.stderr.write(`foretoken: the native engine was not built: ${reason}\n`);
  process.stderr.write(
    'foretoken: everything works without it, slower, on the wasm engine. `foretoken doctor` says more.\n',
  );
  if (process.argv.includes('--strict')) process.exitCode = 1;
}
