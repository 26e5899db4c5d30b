import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Choices, chosen, LICENSES } from './choices.ts';
import { filesOf } from './files.ts';
import { KIND_NAMES, type Kind } from './kinds.ts';
import { nameProblem } from './names.ts';

const choices = (kind: Kind, wishes: object = {}): Choices =>
  chosen({ kind, name: 'demo', ...wishes }, { cwd: '/work', version: '1.2.3', year: 2031 });

/** The texts of a package, and its package.json. */
function packageOf(kind: Kind, wishes: object = {}) {
  const files = filesOf(choices(kind, wishes));
  return { files, manifest: JSON.parse(files.get('package.json')!) };
}

describe.each(KIND_NAMES)('a package with a new %s', (kind) => {
  const { files, manifest } = packageOf(kind);

  it('has all that it takes to build, test, lint, ablate and publish it', () => {
    const paths = [
      ...['.changeset/config.json', '.changeset/first-release.md', '.github/workflows/ci.yml'],
      ...['.github/workflows/release.yml', '.gitignore', 'LICENSE', 'README.md', 'ablation.yaml', 'biome.json'],
      ...['package.json', 'src/demo.test.ts', 'src/demo.ts', 'tsconfig.build.json', 'tsconfig.json'],
    ];
    expect([...files.keys()].filter((file) => !file.startsWith('src/layers/')).sort()).toEqual(paths.sort());
  });

  it('promises one plugin, which its build puts where the package says', () => {
    expect(manifest).toMatchObject({
      name: `foretoken-${kind}-demo`,
      type: 'module',
      exports: { '.': { types: './dist/demo.d.ts', default: './dist/demo.js' } },
      files: ['dist'],
      publishConfig: { access: 'public', provenance: true },
      peerDependencies: { '@foretoken/core': '>=1.2.3 <2' },
      foretoken: { api: 1, provides: [{ kind, name: 'demo', export: '.' }] },
    });
    expect(files.get('src/demo.ts')).toMatch(/name: 'demo'|NAME = 'demo'/);
    expect(files.get('.changeset/first-release.md')).toContain(`"foretoken-${kind}-demo": minor`);
  });

  it('leaves no name of the template, and nothing of this workspace', () => {
    for (const [file, text] of files) {
      expect(`${file} ${text}`, file).not.toMatch(/my-plugin|workspace:|<year>|<copyright holder>|\/work\//);
    }
  });

  it('names its package where users and configurations look for it', () => {
    const named = packageOf(kind, { package: '@ada/thing', license: 'MIT' });
    expect(named.files.get('README.md')).toMatch(/^# @ada\/thing\n/);
    expect(named.files.get('README.md')).toContain('plugins: [@ada/thing]');
    expect(named.files.get('README.md')).toMatch(/License: MIT\.\n$/);
    expect(named.files.get('ablation.yaml')).toContain('plugins: [.]');
    expect([...named.files.values()].join('\n')).not.toMatch(/foretoken-[a-z-]+-demo/);
  });

  it('has a formula, and no line in its README that another kind would be embarrassed by', () => {
    expect(files.get('README.md')).toMatch(/\n\$\$\n[\s\S]+\n\$\$\n/);
    const others = KIND_NAMES.filter((other) => other !== kind).map((other) => `foretoken-${other}-`);
    for (const other of others) expect(files.get('README.md')).not.toContain(other);
  });
});

it('says whose it is in the licence that was asked for', () => {
  for (const license of LICENSES) {
    const { files, manifest } = packageOf('head', { license, author: 'Ada $& <ada@example.org>' });
    expect(manifest).toMatchObject({ license, author: 'Ada $& <ada@example.org>' });
    expect(files.get('LICENSE')).toContain(
      { 'Apache-2.0': 'Apache License', MIT: 'MIT License', ISC: 'ISC License' }[license],
    );
    if (license !== 'Apache-2.0') expect(files.get('LICENSE')).toContain('(c) 2031 Ada $& <ada@example.org>\n');
  }
  expect(packageOf('head', { license: 'ISC' }).files.get('LICENSE')).toContain(
    '(c) 2031 the authors of foretoken-head-demo\n',
  );
});

it('puts every name that is allowed into every place, and every file into the folder', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/);
  const names = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join('-'));
  fc.assert(
    fc.property(fc.constantFrom(...KIND_NAMES), names, (kind, name) => {
      fc.pre(nameProblem(kind, name) === undefined);
      const { files, manifest } = packageOf(kind, { name });
      expect(manifest.foretoken.provides[0].name).toBe(name);
      expect(files.get(`src/${name}.test.ts`)).toContain(`from './${name}.ts'`);
      for (const file of files.keys()) expect(file).toMatch(/^[\w.-]+(\/[\w.-]+)*$/);
      for (const file of files.keys()) expect(file).not.toMatch(/(^|\/)\.\.(\/|$)/);
    }),
  );
});
