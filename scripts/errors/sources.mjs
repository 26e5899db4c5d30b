import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from '../setup/paths.mjs';
import { functionsOf } from './functions.mjs';
import { lex } from './lex.mjs';

/** A file as the checks read it: its path from the checkout, and its tokens and functions once they are asked for. */
export function parsed(file, text) {
  let tokens;
  let functions;
  return {
    file,
    text,
    get tokens() {
      tokens ??= lex(text);
      return tokens;
    },
    get functions() {
      functions ??= functionsOf(this.tokens);
      return functions;
    },
  };
}

/** The line of a token. */
export const lineOf = ({ text }, { at }) => text.slice(0, at).split('\n').length;

/** Every source file of the packages that is no test and serves none. */
export const packageSources = () => filesIn('packages', (name) => isSource(name) && !isOfTests(name)).map(read);

/** Every C++ source of the native engine that is no test. */
export const nativeSources = () =>
  ['addon', 'library'].flatMap((folder) => filesIn(`packages/engine/native/${folder}`, isNative)).map(read);

/** Every test, with the fixtures that hold what several of them expect. */
export const testFiles = () =>
  ['packages', 'scripts', 'examples', 'bench'].flatMap((folder) => filesIn(folder, isOfTests));

const read = (file) => parsed(file, readFileSync(inRoot(file), 'utf8'));
const isSource = (name) => /\.(ts|mjs)$/.test(name) && !name.endsWith('.d.ts') && !name.endsWith('.d.mts');
const isNative = (name) => /\.(cc|h)$/.test(name);
const isOfTests = (name) => /\.(test|slow\.test|release\.test|fixture)\.(ts|mjs)$/.test(name);

function filesIn(folder, isWanted) {
  return readdirSync(inRoot(folder), { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (!entry.isDirectory()) return entry.isFile() && isWanted(name) ? [name] : [];
    return ['node_modules', 'dist', 'build', '.turbo'].includes(entry.name) ? [] : filesIn(name, isWanted);
  });
}
