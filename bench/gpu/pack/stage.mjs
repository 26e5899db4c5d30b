import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleProgram } from './bundle.mjs';
import { librariesOf, loaderOf } from './libraries.mjs';
import { locate, productionPackages } from './packages.mjs';

const here = (...parts) => fileURLToPath(new URL(path.posix.join('..', ...parts), import.meta.url));
const root = here('../..');

/** Copies everything into a folder as it is to lie on the other machine. */
export async function stage(folder, say) {
  say('copying packages');
  const engine = path.join(root, 'packages/engine');
  const optional = ['webgpu', '@tensorflow/tfjs-backend-webgpu'].map((name) => locate(name, engine));
  const packages = productionPackages([path.join(root, 'packages/cli'), ...optional]);
  for (const { place, folder: from, files } of packages) {
    for (const file of files) copy(path.join(from, file), path.join(folder, place, file));
  }
  const addon = path.join(engine, 'native/build/Release/foretoken.node');
  // Where the engine looks for one that was compiled elsewhere.
  const prebuilt = `node_modules/@foretoken/engine-${process.platform}-${process.arch}`;
  if (existsSync(addon)) copy(addon, path.join(folder, prebuilt, 'foretoken.node'));
  else say('no native addon: it was not compiled here, so --only processor will not run');
  say('bundling the program');
  await bundleProgram(path.join(folder, 'main.mjs'));
  copy(here('run.sh'), path.join(folder, 'run.sh'), 0o755);
  say('copying Node and its libraries');
  const node = path.join(folder, 'node');
  copy(process.execPath, node, 0o755);
  const dawn = path.join(folder, 'node_modules/webgpu/dist', `${process.platform}-${process.arch}`, 'dawn.node');
  for (const binary of [node, dawn]) strip(binary);
  for (const [group, files] of [
    ['node', librariesOf(node)],
    ['vulkan', loaderOf()],
  ]) {
    for (const file of files) copy(file, path.join(folder, 'lib', group, path.basename(file)));
  }
}

function copy(from, to, mode) {
  mkdirSync(path.dirname(to), { recursive: true });
  copyFileSync(from, to);
  if (mode !== undefined) chmodSync(to, mode);
}

/** Without debug symbols a binary is a fifth smaller; where `strip` is missing it stays as it is. */
function strip(file) {
  if (!existsSync(file)) throw new Error(`${file} was not copied`);
  try {
    execFileSync('strip', [file], { stdio: 'ignore' });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
