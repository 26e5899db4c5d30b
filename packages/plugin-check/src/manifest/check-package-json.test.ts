import { expect, it } from 'vitest';
import { heads, stagedPackage } from '../testing/package.fixture.ts';
import { checkPackageJson } from './check-package-json.ts';

const core = (range: string) => ({ peerDependencies: { '@foretoken/core': range } });

it('finds nothing in a package.json that keeps every rule', () => {
  expect(checkPackageJson(stagedPackage())).toEqual([]);
});

it.each([
  ['error name', { name: 'Echo' }],
  ['error name', { name: 'e'.repeat(215) }],
  ['error version', { version: 'one' }],
  ['warning private', { private: true }],
  ['warning description', { description: ' ' }],
  ['warning keywords', { keywords: ['foretoken'] }],
  ['warning type', { type: 'commonjs' }],
  ['warning engines.node', { engines: {} }],
  ['warning sideEffects', { sideEffects: undefined }],
  ['warning files', { files: undefined }],
  ['note repository', { repository: undefined }],
  ['warning scripts', { scripts: { postinstall: 'node mine.js' } }],
  ['error license', { license: undefined }],
  ['error license', { license: 'Apache 2' }],
  ['error license', { license: 'SEE LICENSE IN TERMS.txt' }],
  ['warning license', { license: 'UNLICENSED' }],
  ['error peerDependencies', { peerDependencies: undefined }],
  ['warning peerDependencies', core('0.1.0')],
  ['warning peerDependencies', core('*')],
  ['error dependencies', { dependencies: { '@foretoken/core': '^0.1.0' }, peerDependencies: undefined }],
  ['error dependencies', { dependencies: { '@tensorflow/tfjs': '^4.0.0' } }],
  ['error dependency left-pad', { dependencies: { 'left-pad': 'file:../left-pad' } }],
  ['error dependency @foretoken/core', core('workspace:^')],
])('finds "%s" in a package that breaks that rule alone: %j', (found, changes) => {
  const [severity, ...key] = found.split(' ');
  expect(heads(checkPackageJson(stagedPackage(changes)))).toEqual([`${severity} package.json: ${key.join(' ')}`]);
});

it.each(['Apache-2.0', '(MIT OR Apache-2.0)', 'GPL-3.0-or-later WITH Classpath-exception-2.0'])(
  'takes the licence %s',
  (license) => {
    expect(checkPackageJson(stagedPackage({ license }))).toEqual([]);
  },
);

it.each([
  ['README.md', 'warning README.md'],
  ['LICENSE', 'warning LICENSE'],
])('misses the file %s', (file, found) => {
  expect(heads(checkPackageJson(stagedPackage({}, { [file]: undefined })))).toEqual([found]);
});

it('finds the file that a licence of its own points to', () => {
  const staged = stagedPackage({ license: 'SEE LICENSE IN TERMS.txt' }, { 'TERMS.txt': 'mine' });
  expect(checkPackageJson(staged)).toEqual([]);
});

it('only notes a workspace protocol in a folder, where packing replaces it', () => {
  const staged = stagedPackage(core('workspace:^'), {}, { kind: 'folder', path: '/somewhere' });
  expect(heads(checkPackageJson(staged))).toEqual(['note package.json: dependency @foretoken/core']);
});
