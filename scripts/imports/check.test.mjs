import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkImports } from './check.mjs';
import { readImports } from './read-imports.mjs';

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
];

describe('checkImports', () => {
  it.each(cases)('refuses %s', (_, file, source, message) => {
    const problems = checkImports(workspace({ [file]: `const a = 1;\n${source}\n` }));
    expect(problems).toEqual([expect.stringContaining(message)]);
    expect(problems[0]).toMatch(new RegExp(`^packages/${file}:\\d+: `));
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
