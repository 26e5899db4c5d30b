// What an installation does where no C++ compiler, no make or no Python is: it ends well, says so, and all runs on wasm.
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const packageFolder = fileURLToPath(new URL('../..', import.meta.url));
let folder = '';

/** A copy of this package that has not been built, and a folder for all commands that it can find. */
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'foretoken-no-compiler-'));
  const isSource = (file: string) => !/native\/(build|headers|test|staging-[^/]*)(\/|$)/.test(file);
  for (const name of ['native', 'tfjs', 'dist', 'package.json']) {
    cpSync(path.join(packageFolder, name), path.join(folder, name), { recursive: true, filter: isSource });
  }
  symlinkSync(path.join(packageFolder, 'node_modules'), path.join(folder, 'node_modules'));
  mkdirSync(path.join(folder, 'bin'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function addCommand(name: string, script: string): void {
  const file = path.join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

/** Runs Node where no command but those of the folder, and of `more`, can be found. */
function run(args: readonly string[], more = ''): Promise<{ code: number; stdout: string; stderr: string }> {
  const { CXX: _, PYTHON: __, ...environment } = process.env;
  const env = { ...environment, PATH: `${path.join(folder, 'bin')}${more}` };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const install = (...args: string[]) => run(['native/install.mjs', ...args]);
const second = 'foretoken: everything works without it, slower, on the wasm engine. `foretoken doctor` says more.';

describe('a machine without all that the native engine is built with', { timeout: 300_000 }, () => {
  test('installing ends well and names what is missing and how to get it', async () => {
    const first = 'foretoken: the native engine was not built: "c++" cannot be run; install a C++17 compiler and make';
    const { code, stdout, stderr } = await install();
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toBe(
      `${first} (Debian: apt-get install g++ make), then run \`foretoken engine build\`.\n${second}\n`,
    );
    expect((await install('--strict')).code).toBe(1);
  });

  test('the wasm engine is opened instead, and the doctor is told what to run', async () => {
    const entry = pathToFileURL(path.join(folder, 'dist/index.js')).href;
    const script = `
      import { listEngines, openEngine } from ${JSON.stringify(entry)};
      const { name } = await openEngine({ name: 'auto' });
      console.log(JSON.stringify({ name, native: (await listEngines()).find((engine) => engine.name === 'native') }));`;
    const { code, stdout, stderr } = await run(['--input-type=module', '--eval', script]);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toEqual({
      name: 'wasm',
      native: {
        name: 'native',
        available: false,
        // What the build step noted, or that it has not run.
        detail: expect.stringMatching(/(cannot be run; install|has not been built).*run `foretoken engine build`/),
      },
    });
  });

  test('make and Python are named where they are what is missing', async () => {
    addCommand('c++', 'exit 0');
    expect((await install()).stderr).toMatch(
      /not built: "make" cannot be run; install make \(Debian: [^)]*\), then run/,
    );
    addCommand('make', 'exit 0');
    expect((await install()).stderr).toMatch(/not built: "python3" cannot be run; install Python 3/);
    rmSync(path.join(folder, 'bin/make'));
  });

  test('a compiler that fails is quoted, and is not asked again for the same sources', async () => {
    addCommand(
      'c++',
      `[ "$1" = --version ] && exit 0\necho called >> ${folder}/calls\necho "x.cc:1: error: no such thing"\nexit 1`,
    );
    const all = ['/usr/local/bin', '/usr/bin', '/bin'].map((name) => `:${name}`).join('');
    const { code, stderr } = await run(['native/install.mjs'], all);
    expect(code).toBe(0);
    expect(stderr).toContain(
      'the compiler failed (x.cc:1: error: no such thing); run `foretoken engine build --force`',
    );
    rmSync(path.join(folder, 'calls'));
    const again = await run(['native/install.mjs'], all);
    expect(again).toMatchObject({ code: 0, stderr });
    expect(() => rmSync(path.join(folder, 'calls'))).toThrow(/ENOENT/);
  });
});
