import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const script = fileURLToPath(new URL('pack.mjs', import.meta.url));
const software = '/usr/lib/chromium/vk_swiftshader_icd.json';
const isSkipped = !existsSync(software) && !process.env.CI;
const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-pack-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.skipIf(isSkipped)('the archive runs from an empty folder with an empty environment, on a software GPU', () => {
  const target = path.join(folder, 'gpu.tar.xz');
  execFileSync(process.execPath, [script, target], { stdio: 'pipe', env: { ...process.env, XZ_OPT: '-1 -T0' } });
  expect(readdirSync(folder)).toEqual(['gpu.tar.xz']);
  const there = path.join(folder, 'there');
  mkdirSync(there);
  execFileSync('tar', ['xJf', target, '-C', there]);
  const { status, stdout } = spawnSync(path.join(there, 'run.sh'), [], {
    cwd: there,
    env: { VK_DRIVER_FILES: software },
    encoding: 'utf8',
  });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const of = (kind) => lines.filter((line) => line.kind === kind);
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
  const processor = spawnSync(path.join(there, 'run.sh'), ['--only', 'processor', '--quick'], {
    cwd: there,
    encoding: 'utf8',
  });
  const times = processor.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === 'bench');
  expect(times.map(({ engine, decoder, error }) => [engine, decoder, error])).toEqual([
    ['native', 'greedy', undefined],
    ['native', 'speculative', undefined],
    ['native', 'greedy', undefined],
    ['native', 'speculative', undefined],
  ]);
  expect(processor.status).toBe(0);
  expect(of('end')).toEqual([{ kind: 'end', failed: 0, numRan: 1 }]);
  expect(status).toBe(0);
  const without = spawnSync(path.join(there, 'run.sh'), {
    env: { VK_DRIVER_FILES: '/no/driver.json' },
    encoding: 'utf8',
  });
  expect([without.status, JSON.parse(without.stdout.trim().split('\n').at(-1))]).toEqual([
    1,
    { kind: 'end', failed: 0, numRan: 0 },
  ]);
});

test('a wrong command line is answered with how to call it', () => {
  expect(spawnSync(process.execPath, [script], { encoding: 'utf8' })).toMatchObject({
    status: 2,
    stderr: 'Usage: node bench/gpu/pack.mjs OUT.tar.xz\n',
  });
});
