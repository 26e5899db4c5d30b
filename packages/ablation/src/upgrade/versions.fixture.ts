import { cpSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host } from '@foretoken/core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { createForetokenHost } from '../host.ts';
import { upgradeFolder } from './upgrade-folder.ts';

const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url));

/** A folder with the project and what a release made of it: `run` and `ablation`; see `fixtures/make-versions.fixture.mjs`. */
export function projectOf(version: 'v1' | 'v2'): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-versions-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(path.join(FIXTURES, 'project'), folder, { recursive: true });
  cpSync(path.join(FIXTURES, version), folder, { recursive: true });
  return folder;
}

/** Every file of a folder by its path, as base64; folders by theirs and a slash; links by where they lead. */
export function contentOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const content = entries.map((entry): [string, string] => {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, file);
    return entry.isDirectory()
      ? [`${name}/`, '']
      : [name, entry.isSymbolicLink() ? readlinkSync(file) : readFileSync(file, 'base64')];
  });
  return Object.fromEntries(content.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Upgrades with a host that is there for all tests of a file; `refusal` gives what it says where it throws. */
export function upgrades() {
  let host: Host;
  beforeAll(async () => {
    host = await createForetokenHost();
  });
  afterAll(() => host.dispose());
  const upgrade = (folder: string, options = {}) => upgradeFolder(host, folder, options);
  const refusal = (folder: string, options = {}): Promise<string> =>
    upgrade(folder, options).then(
      () => 'upgraded',
      (error: Error) => error.message,
    );
  return { upgrade, refusal };
}
