// Programs of the library and its tests, and addons, compiled as the addon that is shipped or with flags of their own.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { compileProgram, filesOf } from './compile.mjs';
import { readSettings, rootFolder } from './settings.mjs';

/** Where programs and their object files are kept. */
export const programsFolder = join(rootFolder, '.foretoken/native-tests');

/**
 * Compiles the tests and the library.
 * @param {{ name: string, flags?: string[], wideFlags?: string[], libraryFlags?: string[] }} variant - flags come after the addon's
 * and may overrule them; `wideFlags` are those of inner loops over vectors of 64 bytes, `libraryFlags` those of the library but
 * for its inner loops
 * @returns {Promise<string>} the program
 */
export function buildTestProgram({ name, flags = [], wideFlags = [], libraryFlags = [] }) {
  const base = [...readSettings().flags, '-Ilibrary'];
  const units = [
    ...filesOf('test', '.cc').map((source) => ({ source, flags: [...base, '-Itest', '-O1', ...flags] })),
    ...filesOf('library', '.cc').map((source) => ({
      source,
      flags: [...base, ...libraryFlags, ...flags, ...definesOf(source)],
    })),
    ...setsHere().map((set) => unitOf(set, flags, wideFlags)),
  ];
  return compileProgram({ units, linkFlags: [...flags, '-pthread'], folder: join(programsFolder, name), name });
}

/**
 * Compiles the addon with flags of its own. A variant of one name and flags shares its object files with the tests.
 * @param {{ name: string, flags: string[], wideFlags?: string[] }} variant - flags come after the addon's and may overrule them;
 * `wideFlags` are those of inner loops over vectors of 64 bytes
 * @returns {Promise<string>} the addon's file
 */
export function buildAddon({ name, flags, wideFlags = [] }) {
  const { flags: shipped, sets } = readSettings();
  const api = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
  const base = [...shipped, '-Ilibrary', ...flags];
  const units = [
    ...filesOf('library', '.cc').map((source) => ({ source, flags: base })),
    ...filesOf('addon', '.cc').map((source) => ({ source, flags: [...base, `-I${api}`] })),
    ...sets.filter(isHere).map((set) => unitOf(set, flags, wideFlags)),
  ];
  const linkFlags = [...flags, '-shared', '-pthread'];
  return compileProgram({ units, linkFlags, folder: join(programsFolder, name), name: 'foretoken.node' });
}

const isHere = ({ arch }) => arch === undefined || arch === process.arch;

/** Sets of 64-byte vectors, which are emulated in the tests, and a feature without which a processor has none of each. */
const WIDE = { avx512: 'avx512dq', avx512_bfloat16: 'avx512_bf16' };

const unitOf = (set, flags, wideFlags) => ({
  source: set.source,
  flags: [...set.flags, '-Ilibrary', ...flags, ...(set.name in WIDE ? wideFlags : [])],
});

/**
 * The sets of this platform. Where the processor has AVX2 and lacks a wide set, the inner loops of that set are compiled to
 * pairs of AVX2 instructions and the library is told to use them.
 */
function setsHere() {
  const sets = readSettings().sets.filter(isHere);
  const emulated = emulatedSets();
  const narrow = sets.find(({ name }) => name === 'avx2');
  return sets.map((set) => {
    if (!emulated.includes(set.name)) return set;
    const defines = set.flags.filter((flag) => flag.startsWith('-D'));
    const others = narrow.flags.filter((flag) => !flag.startsWith('-D'));
    // More optimization takes the compiler twenty seconds.
    return { ...set, flags: ['-Itest/wide', ...defines, ...others, '-O1'] };
  });
}

/** What makes the library take the processor for one that has all sets. */
const definesOf = (source) =>
  emulatedSets().length > 0 && basename(source) === 'processor.cc'
    ? ['-Itest/wide', '-D__builtin_cpu_supports(feature)=1']
    : [];

/** Names of the sets that are emulated here. */
function emulatedSets() {
  if (process.arch !== 'x64' || !existsSync('/proc/cpuinfo')) return [];
  const features = new Set(
    readFileSync('/proc/cpuinfo', 'utf8')
      .match(/^flags\s*:(.*)$/m)?.[1]
      .split(' '),
  );
  if (!features.has('avx2') || !features.has('fma')) return [];
  return Object.keys(WIDE).filter((name) => !features.has(WIDE[name]));
}
