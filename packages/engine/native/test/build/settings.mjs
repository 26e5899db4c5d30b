// What binding.gyp compiles the addon with, so that tests run the code that is shipped.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the native engine. */
export const nativeFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The repository's root. */
export const rootFolder = join(nativeFolder, '../../..');

/**
 * @returns {{ flags: string[], sets: { name: string, arch: string | undefined, flags: string[] }[] }} flags of every file of
 * the library, and the instruction sets with the flags of their inner loops
 */
export function readSettings() {
  const gyp = parseGyp(readFileSync(join(nativeFolder, 'binding.gyp'), 'utf8'));
  const expand = (flags) => flags.flatMap((flag) => (flag === '<@(simd_flags)' ? gyp.variables.simd_flags : [flag]));
  const sets = [undefined, ...gyp.conditions].flatMap((condition) => {
    const { targets } = condition === undefined ? gyp : condition[1];
    const arch = condition?.[0].match(/target_arch=='(\w+)'/)[1];
    return targets
      .filter(({ target_name }) => target_name.startsWith('simd_'))
      .map(({ defines, cflags_cc }) => ({
        name: defines[0].replace('FT_ISA_', ''),
        arch,
        flags: [`-D${defines[0]}`, ...expand(cflags_cc)],
      }));
  });
  return { flags: gyp.target_defaults.cflags_cc, sets };
}

/** A gyp file that keeps to JSON but for comments on lines of their own and commas behind the last entry. */
function parseGyp(text) {
  const json = text.replaceAll(/^\s*#.*$/gm, '').replaceAll(/,(\s*[\]}])/g, '$1');
  return JSON.parse(json);
}
