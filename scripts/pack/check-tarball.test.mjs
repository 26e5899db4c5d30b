import { expect, it } from 'vitest';
import { problemsOf } from './check-tarball.mjs';

const manifest = {
  name: 'packed',
  sideEffects: false,
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
  bin: { packed: './dist/bin.js' },
  dependencies: { other: '^1.0.0' },
};
const files = ['package.json', 'README.md', 'LICENSE', 'dist/index.d.ts', 'dist/index.js', 'dist/bin.js'];

it('a package with all it exports and nothing else has no problem', () => {
  expect(problemsOf(manifest, files)).toEqual([]);
  const ours = ['native/build-native.mjs', 'native/build-native.d.mts', 'native/library/x.cc', 'dist/testing/x.js'];
  expect(problemsOf(manifest, [...files, ...ours, 'templates/head/src/head.test.ts'])).toEqual([]);
});

it.each([
  ['dist/index.js.map'],
  ['dist/x.test.js'],
  ['dist/x.fixture.d.ts'],
  ['src/index.ts'],
  ['tsconfig.tsbuildinfo'],
  ['native/build/Release/foretoken.node'],
  ['native/test/x.cc'],
  ['native/staging-1/x.cc'],
])('%s is of no use to a user', (file) => {
  expect(problemsOf(manifest, [...files, file])).toEqual([`${file} is of no use to whoever installs it`]);
});

it.each(files)('a package without %s is refused', (missing) => {
  const left = files.filter((file) => file !== missing);
  expect(problemsOf(manifest, left).join()).toContain(`${missing} is`);
});

it('a workspace range of any kind of dependency is refused', () => {
  const ranges = { dependencies: 'a', peerDependencies: 'b', optionalDependencies: 'c', devDependencies: 'd' };
  for (const [kind, name] of Object.entries(ranges)) {
    const changed = { ...manifest, [kind]: { [name]: 'workspace:^' } };
    expect(problemsOf(changed, files)).toEqual([`dependency ${name} still has the workspace protocol`]);
  }
});

it('a package that does not say that importing it does nothing is refused', () => {
  expect(problemsOf({ ...manifest, sideEffects: undefined }, files)).toHaveLength(1);
});
