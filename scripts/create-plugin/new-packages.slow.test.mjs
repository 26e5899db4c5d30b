// New packages as a stranger has them: the framework packed, a plugin written by create-foretoken-plugin outside of the checkout,
// npm install, and the commands that the package offers.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packPackage, publishable } from '../pack/pack-packages.mjs';
import { runNode, runNpm } from '../setup/command.mjs';
import { inRoot } from '../setup/paths.mjs';
import { followLesson } from './lesson.mjs';

const kinds = readdirSync(inRoot('packages/create-plugin/templates')).filter(
  (name) => !['terms', 'package'].includes(name),
);

let home;
let tarballs;
beforeAll(async () => {
  home = realpathSync(mkdtempSync(path.join(tmpdir(), 'foretoken-new-')));
  // A space: paths of people have some.
  tarballs = path.join(home, 'the tarballs');
  for (const folder of publishable()) await packPackage(folder, tarballs);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Writes a package called `demo`, as `npm create foretoken-plugin` would. */
async function create(kind, folder) {
  const flags = ['--kind', kind, '--name', 'demo', '--dir', folder, '--yes', '--framework', tarballs, '--json'];
  const { code, captured } = await runNode(inRoot('packages/create-plugin/dist/bin.js'), flags, {
    cwd: home,
    output: 'both',
  });
  expect(code, captured).toBe(0);
}

/** Runs an npm command in a package; it must succeed. */
async function npm(folder, ...args) {
  const { code, captured } = await npmOf(folder, ...args);
  expect(code, `npm ${args.join(' ')}\n${captured}`).toBe(0);
  return captured;
}

/** A command of the lesson, with what is not on npm yet taken from the tarballs. */
async function follow(line, folder) {
  const [program, ...args] = line.split(' ');
  const started = /^npm create foretoken-plugin -- (.*)$/.exec(line);
  if (started) {
    // As `npm create` does with the package of that name: npm installs it with its dependencies, and runs its command.
    const packed = readdirSync(tarballs).find((file) => file.startsWith('create-foretoken-plugin-'));
    const given = ['--prefer-offline', '--yes', '--package', path.join(tarballs, packed)];
    const flags = [...started[1].split(' '), '--framework', tarballs];
    return npmOf(folder, 'exec', ...given, '--', 'create-foretoken-plugin', ...flags);
  }
  if (program === 'mkdir') return made(folder, args[0]);
  if (program === 'npx') return npmOf(folder, 'exec', '--offline', '--', ...args);
  const named = args.flatMap((arg) => (arg === 'foretoken' ? framework() : [arg]));
  return npmOf(folder, ...named, ...(args[0] === 'install' ? ['--prefer-offline'] : []));
}

function made(folder, name) {
  mkdirSync(path.join(folder, name));
  return { code: 0, captured: '' };
}

const npmOf = (folder, ...args) => runNpm(args, { cwd: folder, output: 'both' });

const framework = () =>
  readdirSync(tarballs)
    .filter((file) => !file.startsWith('create-'))
    .map((file) => path.join(tarballs, file));

/** The lesson takes minutes by itself, and an hour is for what hangs. */
const LESSON_MS = 3_600_000;

test('the lesson on heads is true: from an empty folder to reports of a new head, here and elsewhere', {
  timeout: LESSON_MS,
}, async () => {
  await followLesson(home, follow);

  const first = reportIn(path.join(home, 'shared-rank/runs/ablation'));
  expect(first.arms).toEqual(['parallel', 'n=1', 'linear', 'shared-rank']);
  expect(first.report).toMatch(/\| shared-rank /);
  expect(reportIn(path.join(home, 'study/runs/directions')).arms).toEqual(['rank=2', 'rank=8', 'rank=32']);
});

/** Arms of a finished ablation, and its report. */
function reportIn(folder) {
  const { arms } = JSON.parse(readFileSync(path.join(folder, 'results.json'), 'utf8'));
  for (const { name, lossless, cells } of arms) {
    expect({ name, lossless }).toEqual({ name, lossless: true });
    expect(cells.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    // An untrained model of bytes needs 8 bits.
    for (const { results } of cells) expect(results['bits-per-byte'].perOffset[0], name).toBeLessThan(5.5);
  }
  expect(existsSync(path.join(folder, 'report.html'))).toBe(true);
  return { arms: arms.map(({ name }) => name), report: readFileSync(path.join(folder, 'report.md'), 'utf8') };
}

test('its types are right, what it publishes is its code, and its workflow finds it fit', async () => {
  const folder = path.join(home, 'shared-rank');
  await npm(folder, 'run', 'typecheck');
  const [{ files }] = JSON.parse(await npm(folder, 'pack', '--dry-run', '--json', '--ignore-scripts'));
  expect(files.map(({ path: file }) => file).sort()).toEqual([
    ...['LICENSE', 'README.md', 'dist/shared-rank.d.ts', 'dist/shared-rank.js', 'package.json'],
  ]);
  expect(await npm(folder, 'run', 'check')).toContain('Fit to publish');
});

/** Kinds whose whole check runs here: the others' contract suites ran with their tests. */
const CHECKED = ['decoder', 'dataset'];

describe.each(kinds.filter((kind) => kind !== 'head'))('a new %s', (kind) => {
  test('builds, keeps its contract, and has an ablation that trains', async () => {
    const folder = path.join(home, 'others', kind);
    await create(kind, folder);
    // Installed once, for all of them.
    symlinkSync(path.join(home, 'shared-rank/node_modules'), path.join(folder, 'node_modules'));
    await npm(folder, 'run', 'build');
    expect(await npm(folder, 'test')).toMatch(/1 passed/);
    await npm(folder, 'run', 'lint');
    expect(await npm(folder, 'run', 'ablate', '--', '--plan')).toMatch(/demo/);
    if (CHECKED.includes(kind)) expect(await npm(folder, 'run', 'check')).toContain('Fit to publish');
    shorten(path.join(folder, 'ablation.yaml'));
    await npm(folder, 'run', 'ablate');
    const { arms } = JSON.parse(readFileSync(path.join(folder, 'runs/ablation/results.json'), 'utf8'));
    expect(arms.length).toBeGreaterThan(1);
    for (const { name, cells } of arms) expect({ name, cells }).toMatchObject({ name, cells: [{ status: 'done' }] });
  });
});

/** Two steps and one seed: what is looked at is that every arm of the template runs to its end. */
function shorten(file) {
  const text = readFileSync(file, 'utf8');
  const short = text
    .replace(/^seeds: .*$/m, 'seeds: [0]')
    .replace(/steps: \d+,/, 'steps: 2,')
    .replace('warmupSteps: 20', 'warmupSteps: 1');
  expect(short.match(/^seeds: \[0\]$|steps: 2,|warmupSteps: 1,/gm)).toHaveLength(3);
  writeFileSync(file, short);
}
