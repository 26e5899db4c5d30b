import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** A folder as it is unpacked, whose Node is a script: it fails without its libraries if it must, and prints what it gets. */
function unpacked({ needsLibraries }) {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'foretoken-run-')));
  copyFileSync(fileURLToPath(new URL('run.sh', import.meta.url)), path.join(folder, 'run.sh'));
  const check = needsLibraries ? `case "$LD_LIBRARY_PATH" in *${folder}/lib/node*) ;; *) exit 127 ;; esac` : '';
  writeFileSync(
    path.join(folder, 'node'),
    `#!/bin/sh\n${check}\n[ "$1" = --eval ] && exit 0\necho "$PWD|$LD_LIBRARY_PATH|$VK_DRIVER_FILES|$*"\n`,
  );
  for (const name of ['run.sh', 'node']) chmodSync(path.join(folder, name), 0o755);
  return folder;
}

const run = (folder, program, env, ...args) =>
  execFileSync(program, args, { cwd: path.dirname(folder), env, encoding: 'utf8' })
    .trim()
    .split('|');

test('it runs in its own folder, wherever it is called from, and hands its arguments on', () => {
  const folder = unpacked({ needsLibraries: false });
  const [place, libraries, , args] = run(folder, path.join(folder, 'run.sh'), {}, '--only', 'bench');
  expect([place, args]).toEqual([folder, 'main.mjs --only bench']);
  expect(libraries).not.toContain('lib/node');
  expect(run(folder, 'sh', { PATH: '/usr/bin:/bin' }, path.join(path.basename(folder), 'run.sh'))[0]).toBe(folder);
});

test('its own libraries come last, and only where the machine’s do not do', () => {
  const folder = unpacked({ needsLibraries: true });
  const [, libraries] = run(folder, path.join(folder, 'run.sh'), { LD_LIBRARY_PATH: '/their/lib' });
  expect(libraries.split(':').slice(0, 2)).toEqual(['/their/lib', `${folder}/lib/node`]);
});

test('a driver that was named stays', () => {
  const folder = unpacked({ needsLibraries: false });
  expect(run(folder, path.join(folder, 'run.sh'), { VK_DRIVER_FILES: '/a/driver.json' })[2]).toBe('/a/driver.json');
});
