import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Terminal } from './ask.ts';
import { KIND_NAMES, KINDS } from './kinds.ts';
import { run } from './program.ts';
import { obstacleAt } from './write-folder.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'foretoken-create-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

/** Runs the command where nobody can be asked. */
const create = (...args: string[]) => createAt(undefined, args);

/** Runs the command. @param terminal - where it asks; it is stopped where it waits for an answer */
async function createAt(terminal: Terminal | undefined, args: readonly string[]) {
  let [stdout, stderr] = ['', ''];
  const code = await run({
    args,
    cwd,
    version: '1.2.3',
    year: 2031,
    terminal,
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
    signal: terminal ? AbortSignal.timeout(3000) : new AbortController().signal,
  });
  return { code, stdout, stderr };
}

it('writes a package into a folder called like it, and says what comes next', async () => {
  const { code, stdout, stderr } = await create('--kind', 'head', '--name', 'demo', '--yes');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(readdirSync(cwd)).toEqual(['foretoken-head-demo']);
  expect(stdout).toContain('foretoken-head-demo: 14 files in ');
  expect(stdout.match(/^ {2}(\S+ \S+( \S+)?) {3}/gm)!.map((line) => line.trim())).toEqual([
    'cd foretoken-head-demo',
    'npm install',
    'npm test',
    'npm run ablate',
  ]);
});

it('refuses a folder that was given and is taken before it asks anything', async () => {
  let asked = '';
  const output = new Writable({
    write(chunk, _encoding, done) {
      asked += String(chunk);
      done();
    },
  });
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  writeFileSync(path.join(cwd, 'taken'), '');
  const refused = await createAt({ input, output }, ['--dir', 'taken']);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/^USAGE: .*taken is a file\. Name another/) });
  expect(asked).toBe('');
});

it('says of a folder that cannot be read that it cannot, and why', async () => {
  writeFileSync(path.join(cwd, 'file'), '');
  expect(await obstacleAt(path.join(cwd, 'file/below'))).toMatchObject({
    what: 'cannot be read (ENOTDIR)',
    failure: { code: 'FILE_WRITE' },
  });
  expect(await obstacleAt(cwd)).toMatchObject({ what: 'is not empty: it has "file"', failure: { code: 'USAGE' } });
  expect(await obstacleAt(path.join(cwd, 'none'))).toBeUndefined();
});

it('says the same as one line of JSON', async () => {
  const { code, stdout } = await create(
    '--kind',
    'decoder',
    '--name',
    'look',
    '--package',
    '@ada/look',
    '--dir',
    'a b',
    '--json',
  );
  expect(code).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  const said = JSON.parse(stdout);
  expect(said).toMatchObject({
    kind: 'decoder',
    name: 'look',
    package: '@ada/look',
    folder: path.join(cwd, 'a b'),
    next: ["cd 'a b'", 'npm install', 'npm test', 'npm run ablate'],
  });
  for (const file of said.files) expect(existsSync(path.join(cwd, 'a b', file)), file).toBe(true);
});

it('writes into the folder where it is, if that is empty', async () => {
  const { code, stdout } = await create('--kind', 'eval', '--name', 'tail', '--dir', '.', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout).next[0]).toBe('npm install');
  expect(existsSync(path.join(cwd, 'src/tail.ts'))).toBe(true);
});

it('depends on tarballs where it is given some', async () => {
  for (const file of ['foretoken-0.3.0.tgz', 'foretoken-core-0.3.0.tgz']) writeFileSync(path.join(cwd, file), '');
  await create('--kind', 'head', '--name', 'demo', '--dir', 'out', '--framework', '.', '--yes');
  const manifest = JSON.parse(readFileSync(path.join(cwd, 'out/package.json'), 'utf8'));
  expect(manifest.peerDependencies).toEqual({ '@foretoken/core': '>=0.3.0 <1' });
  expect(manifest.devDependencies['@foretoken/core']).toBe(`file:${path.join(cwd, 'foretoken-core-0.3.0.tgz')}`);
});

const HEAD = ['--kind', 'head', '--name', 'demo', '--yes'];

describe('bad input ends with 2, a reason and a next step, and writes nothing:', () => {
  it.each([
    ['nothing said', [], /--kind and --name must be given .*npm create foretoken-plugin -- --kind head --name my-idea/],
    ['no name', ['--kind', 'eval', '--yes'], /^USAGE: --name must be given .*--kind eval --name my-idea/],
    ['no kind', ['--name', 'demo'], /^USAGE: --kind must be given .*--kind head --name demo/],
    ['an unknown kind', ['--kind', 'hed', '--name', 'demo'], /--kind must be one of trunk, head, .*; was "hed"/],
    ['a kind that every object has', ['--kind', 'constructor', '--name', 'demo'], /--kind must be one of/],
    ['a bad name', ['--kind', 'head', '--name', 'Low Rank'], /--name: .* was "Low Rank"\. Did you mean "low-rank"\?/],
    ['a path as name', ['--kind', 'head', '--name', '../../x'], /--name: .*"\.\.\/\.\.\/x"/],
    ['a taken name', ['--kind', 'head', '--name', 'medusa'], /has a head "medusa" already/],
    ['a bad package', [...HEAD, '--package', '../x'], /--package: .*"\.\.\/x"/],
    ['a bad author', [...HEAD, '--author', 'a\nb'], /--author must be one line/],
    [
      'an unknown licence',
      [...HEAD, '--license', 'GPL-9'],
      /--license must be one of Apache-2\.0, MIT, ISC; was "GPL-9"/,
    ],
    ['no tarballs', [...HEAD, '--framework', 'nowhere'], /--framework .*nowhere: it cannot be read/],
    ['an unknown flag', [...HEAD, '--kin', 'head'], /^USAGE: unknown option '--kin'[\s\S]*--help/],
    ['an operand', [...HEAD, 'folder'], /^USAGE: too many arguments/],
    ['a flag without its value', ['--kind'], /^USAGE: option '--kind <kind>' argument missing/],
  ])('%s', async (_what, args, message) => {
    const { code, stdout, stderr } = await create(...args);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^USAGE: /);
    expect({ code, stdout, written: readdirSync(cwd) }).toEqual({ code: 2, stdout: '', written: [] });
  });

  it('a folder that holds something', async () => {
    writeFileSync(path.join(cwd, 'notes.md'), 'mine');
    const { code, stderr } = await create(...HEAD, '--dir', '.');
    expect(code).toBe(2);
    expect(stderr).toMatch(/is not empty: it has "notes\.md"\. Nothing is ever overwritten: name another folder/);
    expect(readdirSync(cwd)).toEqual(['notes.md']);
  });
});

it('helps with every kind, an example and the exit codes', async () => {
  const { code, stdout } = await create('--help');
  expect(code).toBe(0);
  for (const kind of KIND_NAMES) expect(stdout).toMatch(new RegExp(`^  ${kind} +${KINDS[kind].what}$`, 'm'));
  expect(stdout).toContain('npm create foretoken-plugin -- --kind head --name demo --yes');
  expect(stdout).toContain('Exit codes: 0 done, 2 bad input, 130 interrupted.');
  expect((await create('--version')).stdout).toBe('1.2.3\n');
});

it('in a folder that was deleted, it says so and what to do', () => {
  const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
  const command = 'mkdir "$1/gone" && cd "$1/gone" && rmdir "$1/gone" && exec "$2" "$3" --kind head --name demo --yes';
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command, 'sh', cwd, process.execPath, bin], {
    encoding: 'utf8',
  });
  expect({ status, stdout, written: readdirSync(cwd) }).toEqual({ status: 2, stdout: '', written: [] });
  expect(stderr).toMatch(
    /^FILE_READ: the working folder could not be read: ENOENT.*\. Change into a folder that is there \(cd\), /,
  );
});
