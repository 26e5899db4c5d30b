import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** What a package of a made-up tree holds: its version and its main file. */
export interface FakePackage {
  readonly version: string;
  readonly main?: string;
  readonly type?: 'module' | 'commonjs';
}

/** A folder of its own with these packages in its `node_modules`. */
export function fakePackages(packages: Readonly<Record<string, FakePackage>>): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'foretoken-packages-')));
  for (const [name, { version, main = '', type = 'commonjs' }] of Object.entries(packages)) {
    const place = path.join(folder, 'node_modules', name);
    mkdirSync(place, { recursive: true });
    writeFileSync(path.join(place, 'package.json'), JSON.stringify({ name, version, main: 'index.js', type }));
    writeFileSync(path.join(place, 'index.js'), main);
  }
  return folder;
}
