import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const script = fileURLToPath(new URL('pack.mjs', import.meta.url));
const software = '/usr/lib/chromium/vk_swiftshader_icd.json';
const isSkipped = !existsSync(software) && !process.env.CI;
const hasAddon = existsSync(
  fileURLToPath(new URL('../../packages/engine/native/build/Release/foretoken.node', import.meta.url)),
);
const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-pack-'));
const there = path.join(folder, 'there');
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => {
  const target = path.join(folder, 'gpu.tar.xz');
  execFileSync(process.execPath, [script, target], { stdio: 'pipe', env: { ...process.env, XZ_OPT: '-1 -T0' } });
  expect(readdirSync(folder)).toEqual(['gpu.tar.xz']);
  mkdirSync(there);
  execFileSync('tar', ['xJf', target, '-C', there]);
});

/** Runs it with an environment that holds nothing else. */
function run(args, env = {}) {
  const { status, stdout, stderr } = spawnSync(path.join(there, 'run.sh'), args, { cwd: there, env, encoding: 'utf8' });
  const lines = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return { status, stderr, of: (kind) => lines.filter((line) => line.kind === kind) };
}

test.skipIf(isSkipped)('the archive runs from an empty folder with an empty environment, on a software GPU', () => {
  const { status, of } = run([], { VK_DRIVER_FILES: software });
  expect(of('engine')).toMatchObject([
    { engine: 'tensorflow', ran: false, notRun: expect.stringContaining('too large') },
    { engine: 'webgpu', ran: true, detail: expect.stringContaining('software') },
  ]);
  expect(of('conformance').map(({ variant, failed }) => [variant, failed])).toEqual([
    ['kernels', []],
    ['composites', []],
  ]);
  expect(of('bits')).toMatchObject([{ engine: 'webgpu', failed: [] }]);
  expect(of('bench').map(({ what, tokensPerSecond }) => [what, tokensPerSecond > 0])).toEqual([
    ['training', true],
    ['decoding', true],
    ['decoding', true],
    ['decoding', true],
    ['decoding', true],
  ]);
  expect(of('end')).toEqual([{ kind: 'end', failed: 0, numRan: 1 }]);
  expect(status).toBe(0);
});

test('a machine without a GPU has not passed', () => {
  const { status, of } = run([], { VK_DRIVER_FILES: '/no/driver.json' });
  expect([status, of('end')]).toEqual([1, [{ kind: 'end', failed: 0, numRan: 0 }]]);
});

test.skipIf(!hasAddon && !process.env.CI)('its processor decodes by the packed addon', () => {
  const { status, of } = run(['--only', 'processor', '--quick']);
  expect(of('engine')).toMatchObject([{ engine: 'native', ran: true }]);
  expect(of('bench').map(({ decoder, error, options }) => [decoder, error, options.includes('8')])).toEqual([
    ['greedy', undefined, false],
    ['speculative', undefined, false],
    ['greedy', undefined, true],
    ['speculative', undefined, true],
  ]);
  expect([status, of('end')]).toEqual([0, [{ kind: 'end', failed: 0, numRan: 1 }]]);
});

test('a part that it does not have is refused', () => {
  const { status, stderr, of } = run(['--only', 'procesor']);
  expect([status, stderr, of('machine')]).toEqual([
    2,
    '--only: it must be one of conformance, bench, processor, was "procesor".\n',
    [],
  ]);
});

test('a wrong command line is answered with how to call it', () => {
  expect(spawnSync(process.execPath, [script], { encoding: 'utf8' })).toMatchObject({
    status: 2,
    stderr: 'Usage: node bench/gpu/pack.mjs OUT.tar.xz\n',
  });
});
