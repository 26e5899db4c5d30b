// Packs what a bare machine with a GPU needs to check and time our engines on it: no network, no Node there.
//
//   node bench/gpu/pack.mjs OUT.tar.xz
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { archive } from './pack/archive.mjs';
import { stage } from './pack/stage.mjs';

const [target, ...rest] = process.argv.slice(2);
if (!target?.endsWith('.tar.xz') || rest.length > 0) {
  process.stderr.write('Usage: node bench/gpu/pack.mjs OUT.tar.xz\n');
  process.exit(2);
}
const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-gpu-'));
try {
  await stage(folder, (line) => process.stderr.write(`${line}\n`));
  const { bytes, limit } = archive(folder, path.resolve(target));
  process.stderr.write(`${target}: ${(bytes / 2 ** 20).toFixed(1)} MiB of at most ${limit / 2 ** 20}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
