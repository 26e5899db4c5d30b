// Compiles sources into one program, as many at a time as there are cores; an object file is kept until something it is made
// of changes.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { nativeFolder } from './settings.mjs';

const start = promisify(execFile);

/** The compiler that the addon is built with. */
export const compiler = process.env.CXX ?? 'c++';

/** @returns {Promise<boolean>} whether a command can be run */
export const runs = (command) =>
  start(command, ['--version']).then(
    () => true,
    () => false,
  );

/** Files of a folder of the native engine with an ending. */
export const filesOf = (folder, ending) =>
  readdirSync(join(nativeFolder, folder))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(nativeFolder, folder, name));

/** Every header that a source may include. */
const headers = () =>
  ['library', 'library/simd', 'addon', 'test', 'test/wide'].flatMap((folder) => filesOf(folder, '.h'));

/**
 * @param {{ units: { source: string, flags: string[] }[], objects?: string[], linkFlags: string[], folder: string, name: string }} program
 * @returns {Promise<string>} the program's file
 * @throws Error with the compiler's output
 */
export async function compileProgram({ units, objects = [], linkFlags, folder, name }) {
  mkdirSync(folder, { recursive: true });
  const shared = createHash('sha256');
  for (const file of headers()) shared.update(file).update(readFileSync(file));
  const sharedKey = shared.digest('hex');
  const made = units.map((unit) => ({ ...unit, object: objectOf(unit, sharedKey, folder) }));
  await inParallel(
    made.filter(({ object }) => !existsSync(object)),
    compileOne,
  );
  const all = [...made.map(({ object }) => object), ...objects];
  const program = join(folder, name);
  await compilerRun([...all, '-o', `${program}.new`, ...linkFlags]);
  renameSync(`${program}.new`, program);
  forgetUnused(folder, new Set(made.map(({ object }) => object)));
  return program;
}

function objectOf({ source, flags }, sharedKey, folder) {
  const key = createHash('sha256')
    .update(sharedKey)
    .update(flags.join('\0'))
    .update(compiler)
    .update(readFileSync(source));
  const title = relative(nativeFolder, source).replaceAll(/\W+/g, '-');
  return join(folder, `${title}-${key.digest('hex').slice(0, 20)}.o`);
}

async function compileOne({ source, flags, object }) {
  const unfinished = `${object}.${process.pid}`;
  await compilerRun([...flags, '-c', source, '-o', unfinished]);
  renameSync(unfinished, object);
}

async function compilerRun(args) {
  try {
    await start(compiler, args, { cwd: nativeFolder, maxBuffer: 1 << 26 });
  } catch (error) {
    throw new Error(`${compiler} ${args.join(' ')}\n${error.stderr ?? error.message}`);
  }
}

async function inParallel(items, work) {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** Removes object files that no program of the folder has used for a week. */
function forgetUnused(folder, used) {
  const now = Date.now() / 1000;
  for (const object of used) utimesSync(object, now, now);
  for (const file of readdirSync(folder).map((name) => join(folder, name))) {
    // Notes and counts of gcov go with their object file.
    const isOld = file.endsWith('.o') && statSync(file).mtimeMs / 1000 < now - 7 * 24 * 3600;
    if (isOld) for (const one of [file, `${file}.gcno`, `${file}.gcda`]) rmSync(one, { force: true });
  }
}
