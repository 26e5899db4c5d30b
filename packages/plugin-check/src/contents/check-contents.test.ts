import { expect, it } from 'vitest';
import { heads, stagedPackage } from '../testing/package.fixture.ts';
import { checkContents } from './check-contents.ts';

it('finds nothing in a package of code, types, README and licence', () => {
  expect(checkContents(stagedPackage())).toEqual([]);
});

it.each([
  ['error', '.env'],
  ['error', 'config/.env.local'],
  ['error', '.npmrc'],
  ['error', 'keys/id_rsa'],
  ['error', 'server.pem'],
  ['warning', 'dist/echo.test.js'],
  ['warning', 'dist/echo.test.d.ts'],
  ['warning', 'test/echo.js'],
  ['warning', 'src/__tests__/echo.js'],
  ['warning', 'node_modules/left-pad/index.js'],
  ['warning', 'package-lock.json'],
  ['warning', 'pnpm-lock.yaml'],
  ['warning', '.github/workflows/ci.yml'],
  ['warning', 'tsconfig.tsbuildinfo'],
  ['warning', 'coverage/lcov.info'],
  ['note', 'dist/kernels.node'],
])('finds an %s in a package with %s', (severity, file) => {
  expect(heads(checkContents(stagedPackage({}, { [file]: '' })))).toEqual([`${severity} ${file}`]);
});

it.each(['dist/environment.js', 'dist/latest.js', 'dist/contest/a.js', 'docs/testing.md', 'dist/keys.js'])(
  'leaves %s alone',
  (file) => {
    expect(checkContents(stagedPackage({}, { [file]: '' }))).toEqual([]);
  },
);

it('says how many more files of one sort there are', () => {
  const [finding] = checkContents(stagedPackage({}, { 'a.test.js': '', 'b.test.js': '', 'c.test.js': '' }));
  expect(finding.sentence).toContain('and 2 more like it');
});

it.each([
  ['is lost', { sources: ['../src/echo.ts'] }, {}, ['warning dist/echo.js.map']],
  ['is written into it', { sources: ['../src/echo.ts'], sourcesContent: ['code'] }, {}, []],
  ['is published', { sources: ['../src/echo.ts'] }, { 'src/echo.ts': 'code' }, []],
])('takes a source map whose source %s for what it is', (_, map, files, found) => {
  const staged = stagedPackage({}, { 'dist/echo.js.map': JSON.stringify(map), ...files });
  expect(heads(checkContents(staged))).toEqual(found);
});

it('names the largest file of a package that is larger than code needs to be', () => {
  const found = checkContents(stagedPackage({}, { 'dist/weights.bin': 'x'.repeat(5 * 2 ** 20) }));
  expect(heads(found)).toEqual(['warning dist/weights.bin']);
  expect(found[0].sentence).toContain('5.0 MiB');
});
