import { expect, test } from 'vitest';
import { ENGINES, reasonOf } from './collect.mjs';
import { render } from './render.mjs';
import { byEngine, SUITES } from './test-suites.mjs';

const good = (cases) => ({ cases, failed: [] });
const ran = {
  ops: {
    elementwise: good(3),
    reduce: good(3),
    shape: good(3),
    linear: good(3),
    attention: { cases: 2, failed: ['a tree'] },
  },
  composites: good(5),
  suites: { ...Object.fromEntries(Object.keys(SUITES).map((suite) => [suite, good(1)])), bits: good(7) },
  specs: {
    specs: 9,
    passed: 4,
    failed: 1,
    known: 1,
    missing: 3,
    skipped: 0,
    missingKernels: { Einsum: 3 },
    failures: ['a spec'],
    differences: { 'no strings': 1 },
  },
};
const absent = { reason: 'no compiler' };
const results = Object.fromEntries(ENGINES.map((name) => [name, name === 'wasm' ? ran : absent]));

test('the table counts per engine, names what fails and says why an engine did not run', () => {
  const page = render(results);
  expect(page).toContain('| our ops: attention, rotary, embed | not run | 1 of 2 | not run | not run | not run |');
  expect(page).toContain('| a row’s bits depend on that row alone | not run | all 7 | not run | not run | not run |');
  expect(page).toContain('- native: not run: no compiler.');
  expect(page).toContain('- wasm: a tree\n- wasm: a spec\n');
  expect(page).toContain('| wasm | 1 | no strings |\n| wasm | 3 | no `Einsum` |');
  expect(page).not.toContain('native engine\n');
});

test('the native engine’s page lists its own kernels and those it borrows', () => {
  const native = { ...ran, kernels: { own: ['Add', 'Sum'], delegated: ['FFT'] } };
  const page = render({ ...results, native });
  expect(page).toContain('In C++ (2): `Add`, `Sum`.');
  expect(page).toContain("Carried out by tfjs' cpu kernels, with a copy there and back (1): `FFT`.");
});

test('a reason names no place of the machine it was seen on', () => {
  const detail = 'Cannot find /home/someone/checkout/addon.node (/home/someone/else); run node-gyp\nRequire stack: ...';
  expect(reasonOf({ detail })).toBe('Cannot find addon.node; run node-gyp');
  expect(reasonOf(undefined)).toBe('not in this version');
});

test('tests count for the engine in their title, composites for none, and a file that did not start is an error', () => {
  const result = (engine, title, status) => ({ ancestorTitles: [`on ${engine}`], title, status });
  const file = (path, assertionResults) => ({ name: `/checkout/packages/engine/src/${path}`, assertionResults });
  const tests = [result("'wasm with kernels'", 'a', 'passed'), result("'wasm with composites'", 'a', 'failed')];
  const files = [
    file('bits.test.ts', [result('wasm', 'a', 'failed'), result('cpu', 'a', 'passed')]),
    ...Object.values(SUITES)
      .filter((path) => path !== SUITES.bits)
      .map((path) => file(path, tests)),
  ];
  const { wasm, cpu } = byEngine(files);
  expect(wasm).toMatchObject({ bits: { cases: 1, failed: ['a'] }, traps: { cases: 1, failed: [] } });
  expect(cpu).toEqual({ bits: { cases: 1, failed: [] } });
  expect(() => byEngine([file('bits.test.ts', [])])).toThrow('bits.test.ts did not start');
});
