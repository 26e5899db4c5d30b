// How long plugin packages take to load: fifty that bring a head each, in a fresh process every time, apart from what opening
// the host takes. Usage: node bench/plugins/load.mjs [packages] [rounds]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = Number(process.argv[2] ?? 50);
const rounds = Number(process.argv[3] ?? 7);
const framework = fileURLToPath(new URL('../../packages', import.meta.url));

/** A head with three options, as a stranger's package has it. */
const module = (name) => `import { defineHead, Type } from '@foretoken/core/plugin';
export default defineHead({
  name: '${name}',
  description: 'A low-rank matrix of its own for each offset.',
  options: Type.Object({
    rank: Type.Integer({ minimum: 1, default: 8, description: 'Rank of the matrices.' }),
    scale: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    init: Type.Unsafe({ type: 'string', enum: ['zeros', 'normal'], default: 'zeros' }),
  }),
  create: ({ ops }) => ({ forward: (offset, { trunk: [hidden_BTD] }) => ops.mul(hidden_BTD, offset) }),
});
`;

function writeProject(root) {
  const names = Array.from({ length: packages }, (_, i) => `foretoken-head-${i}`);
  const dependencies = Object.fromEntries(names.map((name) => [name, '1.0.0']));
  writeFileSync(path.join(root, 'package.json'), JSON.stringify({ private: true, dependencies }));
  mkdirSync(path.join(root, 'node_modules/@foretoken'), { recursive: true });
  symlinkSync(path.join(framework, 'core'), path.join(root, 'node_modules/@foretoken/core'), 'dir');
  for (const [i, name] of names.entries()) {
    const folder = path.join(root, 'node_modules', name);
    mkdirSync(path.join(folder, 'dist'), { recursive: true });
    const foretoken = { api: 1, provides: [{ kind: 'head', name: `bench-${i}`, export: '.' }] };
    const exports = { '.': './dist/index.js' };
    const packageJson = { name, version: '1.0.0', type: 'module', exports, foretoken };
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify(packageJson));
    writeFileSync(path.join(folder, 'dist/index.js'), module(`bench-${i}`));
  }
  return names;
}

/** Ways to come by them; each in a process of its own that knows the host and these names. */
const WAYS = {
  'listed in `plugins`': 'host.plugins.registryFor(names, root)',
  'the same, and options of each checked':
    "host.plugins.registryFor(names, root).then((all) => names.map((_, i) => all.checkOptions('head', { name: 'bench-' + i }, '')))",
  'all of them from dependencies, and every schema checked, as `foretoken plugins` does':
    'host.plugins.availableTo([], root).then((available) => available.loadAll())',
  'dependencies that nothing uses': 'host.plugins.availableTo([], root)',
};

const program = (way, root, names) => `
import { createForetokenHost } from ${JSON.stringify(path.join(framework, 'ablation/dist/index.js'))};
const [root, names] = ${JSON.stringify([root, names])};
const opening = performance.now();
const host = await createForetokenHost();
const start = performance.now();
const before = process.cpuUsage();
await ${way};
const wallMs = performance.now() - start;
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ hostMs: start - opening, wallMs, processorMs: (user + system) / 1000 }));
`;

const best = (all, key) => Math.min(...all.map((one) => one[key])).toFixed(0);

const root = mkdtempSync(path.join(tmpdir(), 'foretoken-bench-plugins-'));
try {
  const names = writeProject(root);
  console.log(`${packages} packages, best of ${rounds} fresh processes each; milliseconds\n`);
  console.log('| packages | loading | its processor time, all threads | opening the host |\n|---|---|---|---|');
  for (const [title, way] of Object.entries(WAYS)) {
    const file = path.join(root, 'program.mjs');
    writeFileSync(file, program(way, root, names));
    const all = Array.from({ length: rounds }, () => {
      const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
      return JSON.parse(stdout);
    });
    console.log(`| ${title} | ${best(all, 'wallMs')} | ${best(all, 'processorMs')} | ${best(all, 'hostMs')} |`);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
