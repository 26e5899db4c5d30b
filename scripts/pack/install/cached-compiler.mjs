#!/usr/bin/env node
// A C++ compiler that remembers: what was compiled before, of the same sources with the same arguments, is copied. Several
// installs of one package in a row then compile it once; everything else of each install runs as it is.
//
//   CXX=scripts/pack/install/cached-compiler.mjs CACHED_COMPILER_FOLDER=FOLDER npm install ...
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';

const args = process.argv.slice(2);
const outputs = ['-o', '-MF'].map((flag) => args[args.indexOf(flag) + 1]);
const isCompiling = args.includes('-c') && args.includes('-o') && args.includes('-MF');
process.exitCode = isCompiling ? compileOnce() : compile();

function compile() {
  const { status, error } = spawnSync('c++', args, { stdio: 'inherit' });
  return error ? 127 : (status ?? 1);
}

function compileOnce() {
  const folder = path.join(process.env.CACHED_COMPILER_FOLDER, key());
  const kept = outputs.map((_, at) => path.join(folder, String(at)));
  if (kept.every((file) => existsSync(file))) {
    kept.forEach((file, at) => {
      copyFileSync(file, outputs[at]);
    });
    return 0;
  }
  const status = compile();
  if (status === 0) keep(kept);
  return status;
}

/** Whole or not at all: two installs may compile at the same time. */
function keep(kept) {
  mkdirSync(path.dirname(kept[0]), { recursive: true });
  kept.forEach((file, at) => {
    copyFileSync(outputs[at], `${file}.${process.pid}`);
    renameSync(`${file}.${process.pid}`, file);
  });
}

/** Of the arguments, without the folder of this very build, and of every source and header that they can reach. */
function key() {
  const staging = path.dirname(process.cwd());
  const hash = createHash('sha256');
  for (const arg of args) hash.update(`${arg.replaceAll(staging, '')}\0`);
  for (const folder of ['addon', 'library', 'library/simd']) {
    for (const name of readdirSync(path.join(staging, folder)).sort()) {
      if (!/\.(?:cc|h)$/.test(name)) continue;
      hash.update(`${folder}/${name}\0`).update(readFileSync(path.join(staging, folder, name)));
    }
  }
  return hash.digest('hex');
}
