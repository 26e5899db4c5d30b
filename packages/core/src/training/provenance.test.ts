import { describe, expect, test } from 'vitest';
import { readJson } from '../files/json-file.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { continueProvenance, type Provenance, writeProvenance } from './provenance.ts';
import { runPaths } from './run-directory.ts';

const provenance = (name: Provenance['engine']['name'], fingerprint: string, change: object = {}): Provenance => ({
  baseDirectory: '..',
  started: '2026-01-01T00:00:00.000Z',
  node: 'v20.19.0',
  platform: 'linux x64',
  processor: 'one',
  engine: { name, threads: 1, fingerprint },
  packages: { '@foretoken/core': '0.1.0' },
  ...change,
});

async function started(name: Provenance['engine']['name'], fingerprint: string) {
  const paths = runPaths(temporaryFolder());
  await writeProvenance(paths, provenance(name, fingerprint));
  return paths;
}

describe('a run that goes on', () => {
  test('keeps the record of its start, but for where its paths start from', async () => {
    const paths = await started('wasm', 'tfjs wasm-simd');
    const later = { started: '2026-02-02T00:00:00.000Z', processor: 'two', baseDirectory: '../..' };
    await continueProvenance(paths, provenance('wasm', 'tfjs wasm-simd', later));
    expect(await readJson(paths.provenance)).toMatchObject({
      started: '2026-01-01T00:00:00.000Z',
      processor: 'one',
      baseDirectory: '../..',
    });
  });

  test('is refused on another engine, and told which to ask for', async () => {
    const paths = await started('wasm', 'tfjs wasm-simd');
    await expect(continueProvenance(paths, provenance('native', 'avx2'))).rejects.toThrow(
      /RUN_MISMATCH: .* "wasm" \(tfjs wasm-simd\), this is "native" \(avx2\).* Ask for the engine "wasm", or/,
    );
    expect(await readJson(paths.provenance)).toMatchObject({ engine: { name: 'wasm' } });
  });

  test('is refused on another version of its engine', async () => {
    const paths = await started('wasm', 'v8-11');
    await expect(continueProvenance(paths, provenance('wasm', 'v8-12'))).rejects.toThrow(
      /RUN_MISMATCH: .* \(v8-11\), .* \(v8-12\).* Use the versions and machine of then, or/,
    );
  });
});
