import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { chosen } from './choices.ts';
import { filesOf } from './files.ts';
import { KIND_NAMES } from './kinds.ts';

const BIOME = fileURLToPath(new URL('../../../node_modules/.bin/biome', import.meta.url));

it('every package is formatted and free of lint, by its own rules, however short or long its name is', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-lint-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const kind of KIND_NAMES) {
    for (const name of ['x', 'a-name-of-sixty-four-characters-is-the-longest-that-a-plugin-has']) {
      const files = filesOf(chosen({ kind, name, author: 'Ada' }, { cwd: folder, version: '1.0.0', year: 2031 }));
      for (const [file, text] of files) {
        // One file of rules for all of them, above them all: that of any of them.
        const target = path.join(folder, file === 'biome.json' ? file : `${kind}-${name}/${file}`);
        mkdirSync(path.dirname(target), { recursive: true });
        writeFileSync(target, text);
      }
    }
  }
  const { status, stdout, stderr } = spawnSync(BIOME, ['check', '.'], { cwd: folder, encoding: 'utf8' });
  expect(stdout + stderr).toMatch(/^Checked \d{3} files in/);
  expect(status).toBe(0);
});
