import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { checkImports } from './check.mjs';
import { readImports } from './read-imports.mjs';
import { writers, writingProblems } from './writing.mjs';

const folders = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A workspace of engine, core, heads and trunks with these sources, by path; every package declares those below it. */
function workspace(sources, manifests = {}) {
  const root = mkdtempSync(path.join(tmpdir(), 'foretoken-imports-'));
  folders.push(root);
  const write = (file, text) => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  write('package.json', JSON.stringify({ devDependencies: { vitest: '*' } }));
  const below = { engine: [], core: ['engine'], trunks: ['core'], heads: ['core'] };
  for (const [name, names] of Object.entries(below)) {
    const dependencies = Object.fromEntries(names.map((name) => [`@foretoken/${name}`, '*']));
    const manifest = { name: `@foretoken/${name}`, exports: { '.': {}, './plugin': {} }, dependencies };
    write(`packages/${name}/package.json`, JSON.stringify({ ...manifest, ...manifests[name] }));
    write(`packages/${name}/src/index.ts`, '');
  }
  for (const [file, text] of Object.entries(sources)) write(`packages/${file}`, text);
  return root;
}

const WRITES = 'writes to disk';

const cases = [
  ['an import against the direction', 'engine/src/a.ts', "import { x } from '@foretoken/core';", 'may not import'],
  ['a middle package that imports its neighbour', 'heads/src/a.ts', "import '@foretoken/trunks';", 'may not import'],
  ['a lazy import against the direction', 'core/src/a.ts', "await import('@foretoken/heads');", 'may not import'],
  ['a type import against the direction', 'engine/src/a.ts', "type A = import('@foretoken/core').A;", 'may not import'],
  [
    'a re-export of several lines',
    'core/src/a.ts',
    "export {\n  a,\n  b,\n} from '@foretoken/heads';",
    'may not import',
  ],
  [
    'a relative import that leaves the package',
    'heads/src/a.ts',
    "import '../../core/src/b.ts';",
    'leaves the package',
  ],
  ['a path behind the public names', 'heads/src/a.ts', "import '@foretoken/core/dist/b.js';", 'not a public name'],
  [
    'a test that reaches behind the public names',
    'heads/src/a.test.ts',
    "import '../../trunks/src/index.ts';",
    'leaves',
  ],
  ['tfjs outside the engine', 'heads/src/a.ts', "import * as tf from '@tensorflow/tfjs';", 'may not be imported here'],
  ['the container outside the composition root', 'core/src/a.ts', "import 'inversify';", 'may not be imported here'],
  ['tsyringe outside its folder', 'core/src/di/a.ts', "import type { A } from 'tsyringe';", 'may not be imported here'],
  ['inversify beside tsyringe', 'core/src/tsyringe/a.ts', "import 'inversify';", 'may not be imported here'],
  ['metadata in a library', 'core/src/tsyringe/a.ts', "import 'reflect-metadata';", 'may not be imported here'],
  ['an undeclared dependency', 'core/src/a.ts', "import yaml from 'yaml';", 'not a dependency'],
  ['a test tool in a source file', 'core/src/a.ts', "import 'vitest';", 'not a dependency'],
  ['a built-in module without its protocol', 'core/src/a.ts', "import 'fs';", 'node:fs'],
  ['a file written past the module for it', 'heads/src/a.ts', "import { writeFile } from 'node:fs/promises';", WRITES],
  [
    'a file written at once',
    'core/src/data/a.ts',
    "import { readFileSync, writeFileSync as put } from 'node:fs';",
    WRITES,
  ],
  ['a stream into a file', 'core/src/a.mjs', "import { createWriteStream } from 'node:fs';", WRITES],
  ['a folder made past the module for it', 'core/src/a.ts', "import {\n  mkdir,\n} from 'node:fs/promises';", WRITES],
  ['a rename', 'core/src/a.ts', "import { rename } from 'node:fs/promises';", WRITES],
  ['a removal', 'core/src/a.ts', "import { rmSync } from 'node:fs';", WRITES],
  ['a link', 'core/src/a.ts', "import { symlink } from 'node:fs/promises';", WRITES],
  ['a truncation', 'core/src/a.ts', "import { ftruncateSync } from 'node:fs';", WRITES],
  ['a sync', 'core/src/a.ts', "import { fsyncSync } from 'node:fs';", WRITES],
  [
    'a file opened to append',
    'core/src/a.ts',
    "import { open } from 'node:fs/promises';\nawait open(a(b, c), 'a');",
    WRITES,
  ],
  [
    'a file opened as a variable says',
    'core/src/a.ts',
    "import { openSync } from 'node:fs';\nopenSync(path, flags);",
    WRITES,
  ],
  ['all of node:fs', 'core/src/a.ts', "import fs from 'node:fs';", 'by name'],
  ['all of node:fs under a name', 'core/src/a.ts', "import * as files from 'node:fs/promises';", 'by name'],
  ['node:fs behind a second name', 'core/src/a.ts', "import { promises } from 'node:fs';", 'by name'],
  ['node:fs imported late', 'core/src/a.ts', "const fs = await import('node:fs');", 'by name'],
  ['node:fs required', 'core/src/a.mjs', "const { rmSync } = require('node:fs');", WRITES],
  ['node:fs asked of the process', 'core/src/a.ts', "process.getBuiltinModule('fs').rmSync(a);", 'by name'],
];

describe('checkImports', () => {
  it.each(cases)('refuses %s', (_, file, source, message) => {
    const problems = checkImports(workspace({ [file]: `const a = 1;\n${source}\n` }));
    expect(problems).toEqual([expect.stringContaining(message)]);
    expect(problems[0]).toMatch(new RegExp(`^packages/${file}:\\d+: `));
  });

  it('lets files be read by anyone, and written by the module for it and by tests', () => {
    const root = workspace({
      'heads/src/a.ts':
        "import { open, readFile, stat } from 'node:fs/promises';\nimport { type FSWatcher, openSync } from 'node:fs';\nawait open(join(a, b), 'r');\nopenSync(a);\nimport type { FileHandle } from 'node:fs/promises';\nhost.open(file, 'w');",
      'core/src/files/disk.ts': "import { open, rename } from 'node:fs/promises';",
      'core/src/a.test.ts': "import { writeFileSync } from 'node:fs';",
      'core/src/a.fixture.mjs': "import { writeFileSync } from 'node:fs';",
      'core/src/b.ts': "const { realpathSync } = await import('node:fs');",
    });
    expect(checkImports(root)).toEqual([]);
  });

  it('has no exception from writing that nothing needs any more', () => {
    const here = fileURLToPath(new URL('../..', import.meta.url));
    const sources = readdirSync(path.join(here, 'packages'), { recursive: true })
      .filter((name) => /^[^/]+\/src\/.*\.[mc]?[jt]s$/.test(name))
      .map((name) => `packages/${name}`);
    const unused = writers.filter(({ place }) => {
      const own = sources.filter((file) => place.test(file)).map((file) => readFileSync(path.join(here, file), 'utf8'));
      return !own.some((source) => writingProblems('packages/core/src/elsewhere.ts', source).length > 0);
    });
    expect(unused).toEqual([]);
    expect(writers.every(({ why }) => why.length > 20)).toBe(true);
  });

  it('refuses a dependency against the direction even if nothing imports it', () => {
    const manifests = { engine: { dependencies: { '@foretoken/core': '*' } } };
    expect(checkImports(workspace({}, manifests))).toEqual([expect.stringContaining('engine may not depend on')]);
  });

  it('refuses a package that has no place in the table', () => {
    const root = workspace({ 'extras/package.json': '{}' });
    expect(checkImports(root)).toEqual([expect.stringContaining('packages/extras: has no place')]);
  });

  it('accepts imports along the direction, and neighbours in a test', () => {
    const root = workspace({
      'heads/src/a.ts':
        "import type { A } from '@foretoken/core/plugin';\nimport path from 'node:path';\nimport './index.ts';",
      'heads/src/a.fixture.ts': "import { it } from 'vitest';",
      'heads/src/a.test.ts': "import { it } from 'vitest';\nimport '@foretoken/trunks';\nimport '@foretoken/heads';",
    });
    expect(checkImports(root)).toEqual([]);
  });
});

describe('readImports', () => {
  it('leaves out comments, strings and exports of values', () => {
    const source = [
      "// import 'a';",
      " * import b from 'b';",
      "export const c = 'from c';",
      'const d = "import \'d\'";',
      "export interface Kind {\n  readonly name: 'kind';\n}",
      "import e from 'e';",
    ].join('\n');
    expect(readImports(source)).toEqual([{ name: 'e', line: 8 }]);
  });
});
