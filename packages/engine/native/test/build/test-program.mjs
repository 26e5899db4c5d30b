// Programs of the library and its tests, and addons, compiled as the addon that is shipped or with flags of their own.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { compileProgram, filesOf } from './compile.mjs';
import { nativeFolder, readSettings, rootFolder } from './settings.mjs';

/** Where programs and their object files are kept. */
export const programsFolder = join(rootFolder, '.foretoken/native-tests');

/**
 * Compiles the tests and the library.
 * @param {{ name: string, flags?: string[], libraryFlags?: string[] }} variant - flags come after the addon's and may overrule
 * them; `libraryFlags` are those of the library but for its inner loops
 * @returns {Promise<string>} the program
 */
export function buildTestProgram({ name, flags = [], libraryFlags = [] }) {
  const base = [...readSettings().flags, '-Ilibrary'];
  const units = [
    ...filesOf('test', '.cc').map((source) => ({ source, flags: [...base, '-Itest', '-O1', ...flags] })),
    ...filesOf('library', '.cc').map((source) => ({
      source,
      flags: [...base, ...libraryFlags, ...flags, ...definesOf(source)],
    })),
    ...setsHere().map((set) => unitOf(set, flags)),
  ];
  return compileProgram({ units, linkFlags: [...flags, '-pthread'], folder: join(programsFolder, name), name });
}

/**
 * Compiles the addon with flags of its own. A variant of one name and flags shares its object files with the tests.
 * @param {{ name: string, flags: string[] }} variant - flags come after the addon's and may overrule them
 * @returns {Promise<string>} the addon's file
 */
export function buildAddon({ name, flags }) {
  const { flags: shipped, sets } = readSettings();
  const api = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
  const base = [...shipped, '-Ilibrary', ...flags];
  const units = [
    ...filesOf('library', '.cc').map((source) => ({ source, flags: base })),
    ...filesOf('addon', '.cc').map((source) => ({ source, flags: [...base, `-I${api}`] })),
    ...sets.filter(isHere).map((set) => unitOf(set, flags)),
  ];
  const linkFlags = [...flags, '-shared', '-pthread'];
  return compileProgram({ units, linkFlags, folder: join(programsFolder, name), name: 'foretoken.node' });
}

const isHere = ({ arch }) => arch === undefined || arch === process.arch;

const unitOf = (set, flags) => ({
  source: join(nativeFolder, 'library/simd/table.cc'),
  flags: [...set.flags, '-Ilibrary', ...flags],
});

/**
 * The sets of this platform. Where the processor has AVX2 and no AVX-512, the wide inner loops are compiled to pairs of AVX2
 * instructions and the library is told to use them.
 */
function setsHere() {
  const sets = readSettings().sets.filter(isHere);
  if (!emulatesWide()) return sets;
  const narrow = sets.find(({ name }) => name === 'AVX2');
  return sets.map((set) => {
    if (set.name !== 'AVX512') return set;
    const flags = narrow.flags.map((flag) => (flag === '-DFT_ISA_AVX2' ? '-DFT_ISA_AVX512' : flag));
    // More optimization takes the compiler twenty seconds.
    return { ...set, flags: ['-Itest/wide', ...flags, '-O1'] };
  });
}

const definesOf = (source) =>
  emulatesWide() && basename(source) === 'processor.cc' ? ['-D__builtin_cpu_supports(feature)=1'] : [];

function emulatesWide() {
  if (process.arch !== 'x64' || !existsSync('/proc/cpuinfo')) return false;
  const features = new Set(
    readFileSync('/proc/cpuinfo', 'utf8')
      .match(/^flags\s*:(.*)$/m)?.[1]
      .split(' '),
  );
  return features.has('avx2') && features.has('fma') && !features.has('avx512dq');
}
