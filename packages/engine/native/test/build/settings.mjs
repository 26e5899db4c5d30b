// What binding.gyp compiles the addon with, so that tests run the code that is shipped.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the native engine. */
export const nativeFolder = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The repository's root. */
export const rootFolder = join(nativeFolder, '../../..');

/**
 * @returns {{ flags: string[], sets: { name: string, source: string, arch: string | undefined, flags: string[] }[] }} flags of
 * every file of the library, and the instruction sets: `avx512`, say, with the source and flags of its inner loops
 */
export function readSettings() {
  const gyp = parseGyp(readFileSync(join(nativeFolder, 'binding.gyp'), 'utf8'));
  const expand = (flags) =>
    flags.flatMap((flag) => {
      const [, variable] = flag.match(/^<@\((\w+)\)$/) ?? [];
      if (variable !== undefined) return expand(gyp.variables[variable]);
      const [, command] = flag.match(/^<!@\((.*)\)$/) ?? [];
      return command === undefined ? [flag] : outputOf(command);
    });
  const sets = [undefined, ...gyp.conditions].flatMap((condition) => {
    const { targets } = condition === undefined ? gyp : condition[1];
    const arch = condition?.[0].match(/target_arch=='(\w+)'/)[1];
    return targets
      .filter(({ target_name }) => target_name.startsWith('simd_'))
      .map(({ target_name, sources, defines, cflags_cc }) => ({
        name: target_name.replace('simd_', ''),
        source: join(nativeFolder, sources[0]),
        arch,
        flags: [...defines.map((define) => `-D${define}`), ...expand(cflags_cc)],
      }));
  });
  return { flags: gyp.target_defaults.cflags_cc, sets };
}

/** Words that a shell command prints, as gyp takes them. */
const outputOf = (command) =>
  execFileSync('sh', ['-c', command], { encoding: 'utf8' })
    .split(/\s+/)
    .filter((word) => word !== '');

/** A gyp file that keeps to JSON but for comments on lines of their own and commas behind the last entry. */
function parseGyp(text) {
  const json = text.replaceAll(/^\s*#.*$/gm, '').replaceAll(/,(\s*[\]}])/g, '$1');
  return JSON.parse(json);
}
