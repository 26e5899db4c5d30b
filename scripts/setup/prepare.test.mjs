import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inRoot } from './paths.mjs';

let home;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'foretoken-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const script = (name, ...args) =>
  spawnSync(process.execPath, [inRoot('scripts', name), ...args], {
    encoding: 'utf8',
    env: { ...process.env, HOME: home, XDG_CACHE_HOME: '', XDG_CONFIG_HOME: '', XDG_DATA_HOME: '' },
  });

describe('setup', () => {
  it('says and writes nothing on a prepared checkout, and nothing outside of it', () => {
    script('setup.mjs');
    const { status, stdout, stderr } = script('setup.mjs');
    // What it says when turbo has not answered within a second, as on a machine that does other things.
    const said = stderr.replace('setup: building the packages\n', '');
    expect({ status, stdout, said }).toEqual({ status: 0, stdout: '', said: '' });
    expect(readdirSync(home)).toEqual([]);
  });

  it('hands the command its arguments, its output and its exit code', () => {
    const help = script('foretoken.mjs', '--help');
    expect(help).toMatchObject({ status: 0, stdout: expect.stringContaining('Usage: foretoken') });
    expect(script('foretoken.mjs', 'trian')).toMatchObject({ status: 2, stdout: '' });
  });
});
