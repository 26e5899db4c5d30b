import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HEAD, type PackageText, writePackage } from './package.fixture.ts';

// What Node finds depends on real folders and on nothing of a test runner: every package here is loaded by the built
// framework, in one process of its own.
const core = path.join(import.meta.dirname, '../..');
const PEER = { '@foretoken/core': '*' };

/** A head as a stranger writes it. */
const written = (rest = ''): string =>
  `import { defineHead, ForetokenError, Type } from '@foretoken/core/plugin';\n${rest}` +
  `export default defineHead({ name: 'low-rank', options: Type.Object({ rank: Type.Integer({ default: 8 }) }),
    create: () => { throw new ForetokenError('OFFSET_UNSUPPORTED', 'no offset.'); } });`;

const plug = (text: PackageText = {}): PackageText => ({
  files: { 'index.js': written() },
  ...text,
  packageJson: { peerDependencies: PEER, ...(text.packageJson as object) },
});

interface Outcome {
  /** What loading or registering refused with; else the options of the head, and what its `create` threw. */
  readonly message?: string;
  readonly options?: object;
  readonly thrown?: string;
}

const LOADER = `
import { createRegistry, loadPluginPackage, registerPackage } from ${JSON.stringify(path.join(core, 'dist/index.js'))};
const outcomes = {};
for (const from of process.argv.slice(2)) {
  try {
    const registry = createRegistry();
    registerPackage(registry, await loadPluginPackage('plug', { from, timeoutMs: 1000 }));
    outcomes[from] = { options: registry.checkOptions('head', { name: 'low-rank' }, 'x') };
    registry.get('head', 'low-rank').create({}, {});
  } catch ({ message }) {
    Object.assign(outcomes[from] ??= {}, { [outcomes[from].options ? 'thrown' : 'message']: message });
  }
}
console.log(JSON.stringify(outcomes));
`;

const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-real-folders-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const loader = path.join(folder, 'loader.mjs');
writeFileSync(loader, LOADER);

/** Loads `plug` of each project in one process, whose standard packages are none: a test runner's own may bring some. */
const load = (...projects: readonly string[]) =>
  spawnSync(process.execPath, [loader, ...projects], { encoding: 'utf8', env: { ...process.env, NODE_PATH: '' } });

const newFolder = (): string => mkdtempSync(path.join(folder, 'project-'));

/** A project, which has the framework installed unless it is told otherwise. */
function project({ hasCore = true } = {}): string {
  const root = newFolder();
  if (hasCore) link(core, path.join(root, 'node_modules/@foretoken/core'));
  return root;
}

function link(target: string, file: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  symlinkSync(target, file, 'dir');
}

/** The project with `plug` in its node_modules. */
function installed(text: PackageText, options?: { readonly hasCore: boolean }): string {
  const root = project(options);
  writePackage(root, 'node_modules/plug', text);
  return root;
}

/** The project with a link to `plug`, which lies outside of it. */
function linked({ hasOwnCore }: { readonly hasOwnCore: boolean }): string {
  const root = project();
  const elsewhere = newFolder();
  writePackage(elsewhere, 'plug', plug());
  link(path.join(elsewhere, 'plug'), path.join(root, 'node_modules/plug'));
  if (hasOwnCore) link(core, path.join(elsewhere, 'plug/node_modules/@foretoken/core'));
  return root;
}

/** The layout of pnpm: real folders in a store, with links to what each may see. */
function strict({ hasPeer }: { readonly hasPeer: boolean }): string {
  const root = project({ hasCore: false });
  const store = path.join(root, 'node_modules/.pnpm/plug@1.0.0');
  writePackage(store, 'node_modules/plug', plug());
  if (hasPeer) link(core, path.join(store, 'node_modules/@foretoken/core'));
  link(path.join(store, 'node_modules/plug'), path.join(root, 'node_modules/plug'));
  return root;
}

/** A second copy of the framework's built files inside of the package. */
function withOwnCopy(): string {
  const root = installed(plug());
  const copy = path.join(root, 'node_modules/plug/node_modules/@foretoken/core');
  mkdirSync(copy, { recursive: true });
  for (const name of ['package.json', 'dist'])
    cpSync(path.join(core, name), path.join(copy, name), { recursive: true });
  symlinkSync(path.join(core, 'node_modules'), path.join(copy, 'node_modules'), 'dir');
  return root;
}

/** An own copy of a release with another module behind `/plugin`. */
function withOtherRelease(version: string, module: string): string {
  const root = installed(plug());
  writePackage(root, 'node_modules/plug/node_modules/@foretoken/core', {
    manifest: undefined,
    packageJson: { name: '@foretoken/core', version, exports: { './plugin': './plugin.js' } },
    files: { 'plugin.js': module },
  });
  return root;
}

const OTHER_API = (api: number): string =>
  `export class ForetokenError extends Error {} export const Type = { Object: (p) => ({ type: 'object', properties: p }), Integer: (o) => ({ type: 'integer', ...o }) };
   export const defineHead = (spec) => ({ ...spec, kind: 'head', api: ${api} });`;

const common = (module: string, packageJson: object = {}): string =>
  installed(plug({ files: { 'index.js': module }, packageJson: { type: 'commonjs', ...packageJson } }));

const LOADED: Outcome = { options: { rank: 8 }, thrown: 'OFFSET_UNSUPPORTED: no offset.' };
const BARE = { options: {} };

const cases: { readonly [what: string]: { readonly at: () => string; readonly gives: Outcome | RegExp } } = {
  'installed as npm does': { at: () => installed(plug()), gives: LOADED },
  'in a strict layout, as pnpm makes it': { at: () => strict({ hasPeer: true }), gives: LOADED },
  'linked, with dependencies of its own': { at: () => linked({ hasOwnCore: true }), gives: LOADED },
  'with a second copy of the framework inside': { at: withOwnCopy, gives: LOADED },
  'that a compiler made CommonJS': {
    at: () => common(`Object.defineProperty(exports, '__esModule', { value: true }); exports.default = ${HEAD};`),
    gives: BARE,
  },
  'whose module.exports is the plugin': { at: () => common(`module.exports = ${HEAD};`), gives: BARE },
  'whose module.exports has a default': { at: () => common(`module.exports = { default: ${HEAD} };`), gives: BARE },
  'in CommonJS that requires the framework': {
    at: () => common(`const { defineHead } = require('@foretoken/core/plugin');\nmodule.exports = ${HEAD};`),
    gives: BARE,
  },
  'without its peer': {
    at: () => installed(plug(), { hasCore: false }),
    gives:
      /^PLUGIN_FAILED: plug@1\.0\.0, export "\.": it imports "@foretoken\/core", which Node does not find from \S+\/node_modules\/plug\. Run "npm install @foretoken\/core" beside the configuration file\.$/,
  },
  'in a strict layout without its peer': {
    at: () => strict({ hasPeer: false }),
    gives:
      /it imports "@foretoken\/core", which Node does not find from \S+\/node_modules\/\.pnpm\/plug@[^/]+\/node_modules\/plug\. Run "npm install @foretoken\/core" beside the configuration file\.$/,
  },
  'in CommonJS without its peer': {
    at: () =>
      installed(
        plug({ files: { 'index.js': `require('@foretoken/core/plugin');` }, packageJson: { type: 'commonjs' } }),
        {
          hasCore: false,
        },
      ),
    gives: /it imports "@foretoken\/core", which Node does not find from \S+\/node_modules\/plug\. Run "npm install/,
  },
  'without a dependency that it does not declare': {
    at: () => installed(plug({ files: { 'index.js': `import '@acme/undeclared/deep.js';` } })),
    gives:
      /it imports "@acme\/undeclared", which Node does not find from \S+, and its package\.json lists it under neither "dependencies" nor "peerDependencies"\. Report it to its author\.$/,
  },
  'without a file of its own': {
    at: () => installed(plug({ files: { 'index.js': `import './gone.js';` } })),
    gives: /importing it failed: Cannot find module '\S+gone\.js' imported from \S+\. Report it to its author\.$/,
  },
  'linked, whose own folder lacks the peer': {
    at: () => linked({ hasOwnCore: false }),
    gives:
      /it imports "@foretoken\/core", which Node does not find from (\S+), the real folder of the package, which is linked or named by its path\. Run "npm install" there, or install a copy beside the configuration file: "npm install --install-links \1"\.$/,
  },
  'for an older release of the framework': {
    at: () => withOtherRelease('0.0.9', 'export const Type = {}, ForetokenError = Error;'),
    gives:
      /does not provide an export named 'defineHead'\. It was written for another release of what it imports; it sees @foretoken\/core 0\.0\.9 in \S+\/node_modules\/plug\/node_modules\/@foretoken\/core\. Install releases that go together\.$/,
  },
  'that imports what the framework does not export': {
    at: () => installed(plug({ files: { 'index.js': `import '@foretoken/core/inner';` } })),
    gives: /It was written for another release of what it imports; it sees @foretoken\/core 0\.1\.0 in \S+\. Install/,
  },
  'made with a framework of a later API': {
    at: () => withOtherRelease('9.0.0', OTHER_API(2)),
    gives:
      /^PLUGIN_API: head "low-rank" of plug@1\.0\.0 is written for plugin API 2; this Foretoken has plugin API 1\. Install a release of plug for plugin API 1/,
  },
  'made with a framework of an earlier API': {
    at: () => withOtherRelease('0.0.1', OTHER_API(0)),
    gives:
      /^PLUGIN_API: head "low-rank" of plug@1\.0\.0 is written for plugin API 0; this Foretoken has plugin API 1\./,
  },
  'of ES modules that says it is CommonJS': {
    at: () => common(written()),
    gives: /index\.js is an ES module in a package of another type: its package\.json needs "type": "module"\.$/,
  },
  'of CommonJS that says it is ES modules': {
    at: () => common(`module.exports = ${HEAD};`, { type: 'module' }),
    gives: /index\.js is CommonJS in a package of "type": "module": write "export default" there, or name it \.cjs\.$/,
  },
  'that was not compiled': {
    at: () => installed(plug({ files: { 'index.ts': written() }, packageJson: { exports: './index.ts' } })),
    gives: /Its "exports" must lead to JavaScript: build the package, or install a release of it\.$/,
  },
  'that never finishes': {
    at: () => installed(plug({ files: { 'index.js': 'await new Promise(() => {});' } })),
    gives: /importing it failed: it had not finished loading after 1 s\. Report it to its author\.$/,
  },
  'that computes for ever': {
    at: () => installed(plug({ files: { 'index.js': 'for (;;) try { for (;;); } catch {} finally { for (;;); }' } })),
    gives: /^PLUGIN_FAILED: plug@1\.0\.0, export "\.": importing it failed: it had not finished loading after 1 s\./,
  },
  'that matches a catastrophic pattern': {
    at: () => installed(plug({ files: { 'index.js': `/^(a+)+$/.test('a'.repeat(60) + 'b');` } })),
    gives: /importing it failed: it had not finished loading after 1 s\./,
  },
};

let outcomes: { readonly [project: string]: Outcome };
const projects: { [what: string]: string } = {};
beforeAll(() => {
  for (const [what, { at }] of Object.entries(cases)) projects[what] = at();
  const { stdout, stderr } = load(...Object.values(projects));
  expect(stdout, stderr).toContain('{');
  outcomes = JSON.parse(stdout);
}, 60_000);

describe('a package', () => {
  test.each(Object.keys(cases))('%s works, or says exactly what is wrong', (what) => {
    const { gives } = cases[what];
    const got = outcomes[projects[what]];
    if (gives instanceof RegExp) expect(got.message).toMatch(gives);
    else expect(got).toMatchObject(gives);
  });
});

describe('a package that pnpm itself installed, offline,', () => {
  const pnpm = path.join(core, '../../tools/pnpm/node_modules/pnpm/bin/pnpm.cjs');

  /** A folder of a package as a dependency is copied into pnpm's store, and linked from there. */
  function installedByPnpm(dependencies: { readonly [name: string]: string }): string {
    const root = newFolder();
    writePackage(root, 'plug', plug());
    const project = path.join(root, 'project');
    mkdirSync(project);
    const packageJson = { private: true, dependencies: { plug: 'file:../plug', ...dependencies } };
    writeFileSync(path.join(project, 'package.json'), JSON.stringify(packageJson));
    const flags = ['--offline', '--ignore-workspace', '--config.auto-install-peers=false'];
    const args = [pnpm, 'install', ...flags, `--store-dir=${path.join(root, 'store')}`];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' });
    expect(status, stdout).toBe(0);
    expect(realpathSync(path.join(project, 'node_modules/plug'))).toContain('/node_modules/.pnpm/plug@file');
    return project;
  }

  test('works with its peer, and says exactly what is wrong without', () => {
    const [whole, lacking] = [installedByPnpm({ '@foretoken/core': `link:${core}` }), installedByPnpm({})];
    const got = JSON.parse(load(whole, lacking).stdout);
    expect(got[whole]).toEqual(LOADED);
    expect(got[lacking].message).toMatch(cases['in a strict layout without its peer'].gives as RegExp);
  });
});

describe('a package that does worse than fail', () => {
  test.each([['process.exit(0)'], ['process.exit(7)'], ['process.reallyExit = undefined; process.exit()']])(
    '%s on import: the process says whose doing it is, and its exit code is 1',
    (work) => {
      const { status, stderr } = load(installed(plug({ files: { 'index.js': `${work};` } })));
      expect(stderr).toContain('PLUGIN_FAILED: plug@1.0.0, export ".": importing it ended the process.');
      expect(status).toBe(1);
    },
  );

  test('waits for ever inside of the system: the sentence is written before the process is killed', () => {
    const waits = `import { spawnSync } from 'node:child_process'; spawnSync(process.execPath, ['-e', 'setTimeout(() => {}, 20000)']);`;
    const { signal, stderr } = load(installed(plug({ files: { 'index.js': waits } })));
    expect(stderr).toContain('it had not finished loading after 1 s, and cannot be stopped.');
    expect(signal).toBe('SIGKILL');
  });
});
