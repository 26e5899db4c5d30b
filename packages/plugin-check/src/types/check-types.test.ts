import { expect, it } from 'vitest';
import { heads, stagedPackage } from '../testing/package.fixture.ts';
import { checkExports } from './check-exports.ts';
import { checkTypes } from './check-types.ts';

const exported = (root: object) => ({ exports: { '.': root, './package.json': './package.json' } });

it('finds nothing wrong with exports that lead to an ES module and its types', async () => {
  const staged = stagedPackage();
  expect([await checkTypes(staged), await checkExports(staged)]).toEqual([[], []]);
});

it('misses types where none are published', async () => {
  const staged = stagedPackage(exported({ default: './dist/echo.js' }), { 'dist/echo.d.ts': undefined });
  expect(heads(await checkTypes(staged))).toEqual(['error package.json: exports']);
});

it('finds types that import what is not there', async () => {
  const staged = stagedPackage({}, { 'dist/echo.d.ts': "export { default } from './none.js';\n" });
  const [finding] = await checkTypes(staged);
  expect(heads([finding])).toEqual(['error dist/echo.d.ts']);
  expect(finding.sentence).toContain('"./none.js"');
});

it('finds types of a CommonJS module beside an ES module', async () => {
  const staged = stagedPackage(exported({ types: './dist/echo.d.cts', default: './dist/echo.js' }), {
    'dist/echo.d.cts': 'declare const head: object;\nexport default head;\n',
  });
  const [finding] = await checkTypes(staged);
  expect(finding).toMatchObject({
    severity: 'error',
    where: 'dist/echo.d.cts',
    sentence: expect.stringContaining('FalseCJS'),
  });
});

it('finds an export of no file, and types that stand behind the code', async () => {
  const lost = await checkExports(stagedPackage(exported({ types: './dist/echo.d.ts', default: './dist/none.js' })));
  expect(lost[0]).toMatchObject({ severity: 'error', sentence: expect.stringContaining('file_does_not_exist') });
  const late = await checkExports(stagedPackage(exported({ default: './dist/echo.js', types: './dist/echo.d.ts' })));
  expect(late.map(({ sentence }) => /#(\w+)$/.exec(sentence)?.[1])).toContain('exports_types_should_be_first');
});
