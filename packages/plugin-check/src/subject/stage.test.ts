import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { stagedPackage } from '../testing/package.fixture.ts';

it('puts the files where a host would have them, beside the host’s own copy of core', () => {
  const { directory } = stagedPackage();
  expect(directory.endsWith(path.join('node_modules', 'foretoken-head-echo'))).toBe(true);
  expect(existsSync(path.join(directory, 'dist/echo.js'))).toBe(true);
  const core = realpathSync(path.join(directory, '../@foretoken/core'));
  expect(core).toBe(realpathSync(path.join(import.meta.dirname, '../../../core')));
});

it('says which dependencies are not there, optional peers aside', () => {
  const { missing } = stagedPackage({
    dependencies: { 'left-pad-that-is-nowhere': '1' },
    peerDependencies: { '@foretoken/core': '^0.1.0', 'peer-that-is-nowhere': '1', 'optional-that-is-nowhere': '1' },
    peerDependenciesMeta: { 'optional-that-is-nowhere': { optional: true } },
  });
  expect(missing).toEqual(['left-pad-that-is-nowhere', 'peer-that-is-nowhere']);
});

it.each([{ name: '../../evil' }, { name: undefined }, { name: 7 }])(
  'keeps a package named %j inside its folder',
  (changes) => {
    const { directory } = stagedPackage(changes);
    expect(path.basename(directory)).toBe('package-without-a-name');
  },
);

it('leaves nothing behind when it is closed', () => {
  const staged = stagedPackage();
  const before = process.listenerCount('exit');
  staged.close();
  expect(existsSync(path.join(staged.directory, '../..'))).toBe(false);
  expect(process.listenerCount('exit')).toBe(before - 1);
});
