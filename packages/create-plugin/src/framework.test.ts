import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { packedFramework, publishedFramework } from './framework.ts';

function folderOf(...files: string[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken tarballs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const file of files) writeFileSync(path.join(folder, file), '');
  return folder;
}

it('is two packages where it is published: the command, and core, which is the peer too', () => {
  expect(publishedFramework('1.2.3')).toEqual({
    version: '1.2.3',
    dependencies: { '@foretoken/core': '^1.2.3', foretoken: '^1.2.3' },
  });
});

it('is every tarball of a folder where it is not, but for the one that creates packages', () => {
  const folder = folderOf(
    ...['foretoken-0.2.0.tgz', 'foretoken-core-0.2.0-next.1.tgz', 'foretoken-plugin-check-0.2.0.tgz'],
    ...['create-foretoken-plugin-0.2.0.tgz', 'other-1.0.0.tgz', 'README.md'],
  );
  expect(packedFramework(folder)).toEqual({
    version: '0.2.0-next.1',
    dependencies: {
      foretoken: `file:${folder}/foretoken-0.2.0.tgz`,
      '@foretoken/core': `file:${folder}/foretoken-core-0.2.0-next.1.tgz`,
      '@foretoken/plugin-check': `file:${folder}/foretoken-plugin-check-0.2.0.tgz`,
    },
  });
});

it.each([
  [['foretoken-core-0.1.0.tgz'], /it has no tarball of foretoken\./],
  [['foretoken-0.1.0.tgz'], /it has no tarball of @foretoken\/core\./],
  [[], /it has no tarball of foretoken\. Pack the framework into it\.$/],
  [
    ['foretoken-0.1.0.tgz', 'foretoken-core-0.1.0.tgz', 'foretoken-core-0.2.0.tgz'],
    /both foretoken-core-0\.1\.0\.tgz and foretoken-core-0\.2\.0\.tgz are @foretoken\/core\. Remove one of them\.$/,
  ],
])('refuses a folder with %j', (files, message) => {
  expect(() => packedFramework(folderOf(...files))).toThrow(message);
});

it('refuses a folder that is not there', () => {
  expect(() => packedFramework('/nowhere/at all')).toThrow(
    /^USAGE: --framework \/nowhere\/at all: it cannot be read \(ENOENT\)/,
  );
});
