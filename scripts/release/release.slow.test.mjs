import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishable, readManifest } from '../pack/pack-packages.mjs';
import { runNode, runNpm, toolEnvironment } from '../setup/command.mjs';
import { inRoot } from '../setup/paths.mjs';
import { publishAll } from './publish.mjs';
import { inDependencyOrder } from './readiness.mjs';
import { openRegistry } from './throwaway-registry.fixture.mjs';

let folder;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'foretoken-release-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a dry run of a release', () => {
  it('packs and checks every package and says what it would publish in which order, without any registry', async () => {
    // Whatever asked this address would fail at once.
    const env = toolEnvironment({ npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' });
    const args = ['--dry-run'];
    const { code, captured } = await runNode(inRoot('scripts/release.mjs'), args, { env, output: 'stdout' });
    expect(code, captured).toBe(0);
    const ordered = inDependencyOrder(publishable().map(readManifest));
    const published = [...captured.matchAll(/^(\S+@\S+) would be published, [\d.]+ kB packed, [\d.]+ kB unpacked$/gm)];
    expect(published.map(([, name]) => name)).toEqual(ordered.map(({ name, version }) => `${name}@${version}`));
    expect(captured).toContain(`${ordered.length} tarballs: contents, publint and types have no problem`);
  });
});

describe('publishing', () => {
  /** Small packages as tarballs. */
  async function tarballsOf(names) {
    const packed = [];
    for (const name of names) {
      const at = path.join(folder, name.replace('/', '-'));
      mkdirSync(at);
      writeFileSync(path.join(at, 'package.json'), JSON.stringify({ name, version: '1.0.0', license: 'Apache-2.0' }));
      const { code, captured } = await runNpm(['pack', '--json', '--pack-destination', folder], {
        cwd: at,
        output: 'stdout',
      });
      expect(code).toBe(0);
      // An array to npm 11, an object by name to later ones.
      const [{ filename }] = Object.values(JSON.parse(captured));
      packed.push({ name, version: '1.0.0', tarball: path.join(folder, filename) });
    }
    return packed;
  }

  it('stops at the first package that fails, and goes on there when asked again', async () => {
    const registry = await openRegistry();
    const said = [];
    const say = (line) => said.push(line.replace(/, [\d.]+ kB.*/, ''));
    const settings = path.join(folder, 'settings');
    writeFileSync(settings, `//${new URL(registry.url).host}/:_authToken=throwaway\n`);
    const flags = [`--registry=${registry.url}`, `--userconfig=${settings}`];
    try {
      const tarballs = await tarballsOf(['one', '@scoped/two', 'three']);
      registry.refuse.add('@scoped/two');
      await expect(publishAll(tarballs, { flags, say })).rejects.toThrow(
        /npm publish of @scoped\/two@1\.0\.0 failed with exit code 1:[\s\S]*@scoped\/two is refused[\s\S]*passed over/,
      );
      expect([...registry.packages.keys()]).toEqual(['one']);

      registry.refuse.clear();
      await publishAll(tarballs, { flags, say });
      expect([...registry.packages.keys()]).toEqual(['one', '@scoped/two', 'three']);
      expect(said).toEqual([
        'one@1.0.0 is published',
        'one@1.0.0 is there already',
        '@scoped/two@1.0.0 is published',
        'three@1.0.0 is published',
      ]);
      const { _attachments, access } = registry.packages.get('@scoped/two');
      const [{ data }] = Object.values(_attachments);
      expect(Buffer.from(data, 'base64').equals(readFileSync(tarballs[1].tarball))).toBe(true);
      expect(access).toBe('public');
    } finally {
      await registry.close();
    }
  });
});
