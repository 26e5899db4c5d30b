import { describe, expect, it } from 'vitest';
import { checkManifest } from '../manifest/check-manifest.ts';
import { CLEAN_CODE, type Files, heads, stagedPackage } from '../testing/package.fixture.ts';
import { checkCode } from './check-code.ts';

/** A package that nobody installs. */
const PAD = 'left-pad';

/** What is found in a clean module with this code before it. */
function found(code: string, changes: object = {}, files: Files = {}) {
  const staged = stagedPackage({ ...changes }, { 'dist/echo.js': `${code}\n${CLEAN_CODE}`, ...files });
  return checkCode(staged, checkManifest(staged).manifest!);
}

describe('checkCode', () => {
  it('finds nothing in a head that is written in ops', () => {
    expect(found('')).toEqual([]);
  });

  it.each([
    ['an import that nobody installs', `import '${PAD}';`, 'error', /neither among its dependencies/],
    ['one of a subpath', "export * from '@scope/pad/more';", 'error', /"@scope\/pad"/],
    ['one as the code runs', `const pad = () => import(${JSON.stringify(PAD)});`, 'error', /"left-pad"/],
    ['a relative import of no file', "import './none.js';", 'error', /no file of the package/],
    ['what cannot be parsed', 'const = 1;', 'error', /no JavaScript/],
    ['a computed import', 'const load = (name) => import(name);', 'note', /as it runs/],
    ['`require` in an ES module', "const fs = require('node:fs');", 'warning', /Write `import`/],
  ])('finds %s', (_, code, severity, sentence) => {
    const [finding] = found(code);
    expect(heads([finding])).toEqual([`${severity} dist/echo.js:1`]);
    expect(finding.sentence).toMatch(sentence);
  });

  it.each([
    ["import * as tf from '@tensorflow/tfjs-core';", '@tensorflow/tfjs-core'],
    ["import { tf } from '@foretoken/engine';", '@foretoken/engine'],
    ["import { tf as t } from '@foretoken/engine';", '@foretoken/engine'],
    ["import * as engine from '@foretoken/engine';", '@foretoken/engine'],
  ])('finds tf beyond ops in %s', (code, name) => {
    const findings = found(code, { peerDependencies: { '@foretoken/core': '^0.1.0', [name]: '*' } });
    expect(heads(findings)).toEqual(['warning dist/echo.js:1']);
    expect(findings[0].sentence).toContain('beyond `ops`');
  });

  it('takes types and constants of the engine for what they are', () => {
    const peers = { peerDependencies: { '@foretoken/core': '^0.1.0', '@foretoken/engine': '^0.1.0' } };
    expect(found("import { ROOT } from '@foretoken/engine';", peers)).toEqual([]);
  });

  it.each([
    ["import { readFileSync } from 'node:fs';", 'reads or writes files (node:fs)'],
    ["import http from 'http';", 'opens connections (http)'],
    ["const load = () => fetch('https://example.org');", 'opens connections (fetch)'],
    ["import { spawn } from 'node:child_process';", 'starts processes'],
    ['const stop = () => process.exit(1);', 'process that it runs in (process.exit)'],
    ["const run = () => eval('1');", 'code that is made as it runs (eval)'],
    ["const run = new Function('1');", '(new Function)'],
    ['const draw = globalThis.Math.random;', '(Math.random)'],
    ['const draw = () => Math.random();', 'random numbers that no seed of a run determines (Math.random)'],
    ["import { createHash } from 'node:crypto';\ncreateHash('sha256');", undefined],
    ["import crypto from 'node:crypto';\ncrypto.createHash('sha256');", undefined],
    [
      "import { randomInt as draw } from 'node:crypto';",
      'random numbers that no seed of a run determines (node:crypto)',
    ],
    ["import * as node from 'node:crypto';\nnode.randomFillSync([]);", '(node.randomFillSync)'],
    ['const ask = () => crypto.getRandomValues([]);', '(crypto.getRandomValues)'],
    ['const ask = () => globalThis.crypto.subtle.generateKey({}, false, []);', '(crypto.subtle.generateKey)'],
    [
      "import node, { createHash } from 'crypto';\nconst draw = () => node.webcrypto.getRandomValues([]);",
      '(node.webcrypto',
    ],
    ["import { webcrypto as web } from 'node:crypto';\nweb.getRandomValues([]);", '(web.getRandomValues)'],
    ["const node = await import('node:crypto');\nconst draw = () => node.randomInt(3);", '(node.randomInt)'],
    ["const draw = async () => (await import('node:crypto')).randomInt(3);", '(node:crypto.randomInt)'],
    ["const { createHash, randomBytes: draw } = await import('node:crypto');", '(node:crypto.randomBytes)'],
    ['const own = crypto;\nconst draw = () => own.randomUUID();', '(own.randomUUID)'],
    ['const { getRandomValues } = crypto;', '(crypto.getRandomValues)'],
    ['const draw = (rng) => rng.randomInt(3);', undefined],
    ['const generateKeyValues = () => 1;\ngenerateKeyValues();', undefined],
    ['const points = (list) => list.generateKeyPoints() + randomInt(1);\nfunction randomInt() {}', undefined],
    ["import { createRandom as crypto } from './random.js';\ncrypto.randomInt(3);", undefined],
    ['const crypto = (() => ({ randomInt: () => 4 }))();\nconst draw = () => crypto.randomInt(3);', undefined],
    [
      "import { createHash, constants } from 'node:crypto';\nconst { length } = createHash('sha256').digest();",
      undefined,
    ],
    ['const now = Date.now;', 'reads a clock (Date.now)'],
    ['const now = () => new Date();', 'reads a clock (new Date)'],
    ["const text = 'process.exit(1); Math.random()'; // eval('1')", undefined],
  ])('notes what %s reaches', (code, sentence) => {
    const findings = found(code, {}, { 'dist/random.js': 'export const createRandom = 1;' });
    expect(findings.map(({ severity }) => severity)).toEqual(sentence ? ['note'] : []);
    if (sentence) expect(findings[0].sentence).toContain(sentence);
  });

  it('notes what a CommonJS module draws from node:crypto, and no hash', () => {
    const entry = { exports: { '.': './dist/echo.cjs' } };
    const drawing = (code: string) => found('', entry, { 'dist/echo.cjs': code }).map(({ sentence }) => sentence);
    const noted = ['It draws random numbers that no seed of a run determines (node:crypto.randomBytes).'];
    expect(drawing("module.exports = require('node:crypto').randomBytes(4);")).toEqual(noted);
    expect(drawing("const { randomBytes } = require('crypto');\nmodule.exports = randomBytes(4);")).toEqual(noted);
    expect(drawing("module.exports = require('node:crypto').createHash('sha256');")).toEqual([]);
  });

  it('gathers the places of one sort in one note', () => {
    const [finding, ...others] = found('const a = Math.random();\nconst b = Math.random();\nconst c = Math.random();');
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ where: 'dist/echo.js:1', sentence: expect.stringContaining('and 2 more places') });
  });

  it('reads the modules that the exports lead to, and no other', () => {
    const files = { 'dist/deep.js': "import 'left-pad';", 'dist/alone.js': "import 'right-pad';" };
    expect(heads(found("import './deep.js';", {}, files))).toEqual(['error dist/deep.js:1']);
  });

  it('gets through code that is long, and says of code that is nested deeper than a stack that it is', () => {
    expect(found(`const long = ${Array.from({ length: 20_000 }, () => '1').join(' + ')};`)).toEqual([]);
    const [finding] = found(`const deep = ${'['.repeat(50_000)}${']'.repeat(50_000)};`);
    expect(finding).toMatchObject({ severity: 'error', sentence: expect.stringContaining('nested too deep') });
  });
});
