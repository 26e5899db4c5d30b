// Which functions of the library no test has called, counted by gcov.
import { execFile } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { nativeFolder } from './build/settings.mjs';
import { buildTestProgram } from './build/test-program.mjs';

const start = promisify(execFile);

/** Comes with gcc; that of another compiler is named by GCOV. */
const gcov = process.env.GCOV ?? 'gcov';

const FLAGS = ['-O1', '--coverage', '-fprofile-update=prefer-atomic'];

/**
 * Runs the tests of the library and counts the calls of its functions: of the inner loops in every instruction set by itself,
 * of all else wherever it was compiled into. Of a template, one instance is enough.
 *
 * @param {{ share: number }} options - of the random rounds; functions are called in the first
 * @returns {Promise<{ functions: number, uncalled: string[] }>} how many there are, and those that were not called
 * @throws Error if a test fails, or the counts cannot be read
 */
export async function calledFunctions({ share }) {
  const program = await buildTestProgram({ name: 'coverage', flags: FLAGS });
  const folder = dirname(program);
  for (const file of countsIn(folder)) rmSync(file);
  await start(program, [`--share=${share}`], { maxBuffer: 1 << 26 });
  const found = new Map();
  for (const file of countsIn(folder)) {
    for (const { place, name, calls } of await functionsIn(file)) {
      found.set(place, { name, calls: calls + (found.get(place)?.calls ?? 0) });
    }
  }
  const uncalled = [...found].filter(([, { calls }]) => calls === 0).map(([place, { name }]) => `${place} ${name}`);
  return { functions: found.size, uncalled: uncalled.sort() };
}

/** Counts that a run of the program left, one file for each object file of it. */
const countsIn = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.gcda'))
    .map((name) => join(folder, name));

/** Functions of the library in one object file, each by its place in the source; of inner loops, in that object file alone. */
async function functionsIn(file) {
  const { stdout } = await start(gcov, ['--json-format', '--stdout', file], { maxBuffer: 1 << 28 });
  const library = join(nativeFolder, 'library');
  return JSON.parse(stdout).files.flatMap((source) => {
    const path = relative(library, resolve(nativeFolder, source.file));
    if (path.startsWith('..')) return [];
    const of = path.startsWith('simd') ? ` in ${basename(file, '.o.gcda')}` : '';
    return source.functions.map((one) => ({
      // Functions without a name may share a line.
      place: `${path}:${one.start_line}:${one.start_column}${of}`,
      name: one.demangled_name.slice(0, 100),
      calls: one.execution_count,
    }));
  });
}
