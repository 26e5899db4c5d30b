// What a stranger gets: every package packed once, looked at as a tarball, and installed by each package manager into an
// empty project outside of the checkout, where an ablation then runs.
import { copyFileSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../setup/command.mjs';
import { inRoot } from '../setup/paths.mjs';
import { EmptyProject } from './install/empty-project.mjs';
import { MANAGERS } from './install/managers.mjs';
import { entries, PEER_ENTRIES, packAll } from './install/packed.mjs';
import { ablate, EXPECTED_ARMS } from './install/ten-seconds.mjs';
import { lintTarball } from './lint-tarball.mjs';
import { publishable, readManifest } from './pack-packages.mjs';

const NAMES = publishable().map((folder) => readManifest(folder).name);

let folder;
let tarballs;
const projects = new Map();
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'foretoken-pack-')));
  tarballs = await packAll(path.join(folder, 'tarballs'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(NAMES)('the tarball of %s is one that publint and the types have nothing against', async (name) => {
  expect(await lintTarball(tarballs.get(name))).toEqual([]);
});

it.each(MANAGERS.map((manager) => [manager.name, manager]))(
  '%s installs them into an empty project, and an ablation runs there',
  async (_, manager) => {
    const project = new EmptyProject(manager, path.join(folder, manager.name), tarballs);
    projects.set(manager.name, project);
    const installed = await project.install();
    expect(installed.code, installed.captured).toBe(0);
    expect(existsSync(project.path('node_modules/@foretoken/engine/native/build/Release/foretoken.node'))).toBe(true);

    const { code, captured, arms, report } = await ablate(project);
    expect(code, captured).toBe(0);
    expect(arms).toEqual(EXPECTED_ARMS);
    for (const { name } of EXPECTED_ARMS) expect(report).toContain(name);
  },
);

describe('installed by npm', () => {
  const npm = () => projects.get('npm');

  it('the command lists the plugins that come with it, and nothing else', async () => {
    const { code, captured } = await npm().foretoken('plugins', '--json');
    expect(code).toBe(0);
    // One line: whatever stood on stderr would be in it.
    expect(JSON.parse(captured).map(({ name }) => name)).toContain('parallel');
  });

  it('importing an entry leaves nothing behind: no global, listener, handle or patched prototype', async () => {
    copyFileSync(inRoot('scripts/pack/install/import-probe.mjs'), npm().path('import-probe.mjs'));
    for (const entry of entries().filter((name) => !PEER_ENTRIES.includes(name))) {
      const { code, captured } = await npm().run('node', 'import-probe.mjs', entry);
      expect(code, captured).toBe(0);
      const { globals, ...left } = JSON.parse(captured);
      expect({ entry, ...left }).toEqual({ entry, listeners: [], environment: [], handles: [], prototypes: [] });
      // The tensor library's own, where an entry loads it. The one that plugins are written with does not.
      const allowed = entry === '@foretoken/core/plugin' ? [] : ['_tfGlobals', '_tfengine'];
      expect(globals.filter((name) => !allowed.includes(name))).toEqual([]);
    }
  });

  it('an unused import of the plugin API is bundled to nothing', async () => {
    const { build } = createRequire(inRoot('packages/engine/package.json'))('esbuild');
    const bundled = async (contents) => {
      const stdin = { contents, resolveDir: npm().folder };
      const options = { stdin, bundle: true, write: false, platform: 'node', format: 'esm', logLevel: 'error' };
      return (await build(options)).outputFiles[0].text.trim();
    };
    expect(await bundled(`import { defineHead, generateRows } from '@foretoken/core/plugin';`)).toBe('');
    expect(await bundled(`export { defineHead } from '@foretoken/core/plugin';`)).toContain('defineHead');
  });

  it('the types of every entry resolve, under nodenext and for bundlers', async () => {
    npm().write('entries.ts', typesOfEntries());
    for (const [module, moduleResolution] of [
      ['nodenext', 'nodenext'],
      ['esnext', 'bundler'],
    ]) {
      const flags = ['--module', module, '--moduleResolution', moduleResolution, '--target', 'es2023', '--types', ''];
      const args = ['--noEmit', '--strict', '--skipLibCheck', ...flags, 'entries.ts'];
      const { code, captured } = await run(inRoot('node_modules/.bin/tsc'), args, {
        cwd: npm().folder,
        output: 'both',
      });
      expect(code, captured).toBe(0);
    }
  });
});

/** A module that needs the types of every entry, and of a head's hidden states more than `any`. */
function typesOfEntries() {
  return `${entries()
    .map(
      (entry, index) =>
        `import type * as entry${index} from '${entry}';\nexport type E${index} = typeof entry${index};`,
    )
    .join('\n')}
import { defineHead, type Tensor2D, Type } from '@foretoken/core/plugin';
export default defineHead({
  name: 'typed',
  options: Type.Object({ rank: Type.Integer({ minimum: 1, default: 8 }) }),
  create: ({ ops, param, dims }, { rank }) => {
    const down_DR = param<Tensor2D>('down', [dims.width, rank]);
    const up_RD = param<Tensor2D>('up', [rank, dims.width]);
    // @ts-expect-error a rank is a number
    rank.length;
    return { forward: (_offset, { trunk: [hidden_BTD] }) => ops.linear(ops.linear(hidden_BTD, down_DR), up_RD) };
  },
});
`;
}
