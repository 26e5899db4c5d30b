import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isForetokenError } from '@foretoken/engine/errors';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { loaderOf } from '../plugins/loader.ts';
import { fakeBuiltIns } from './built-ins.fixture.ts';
import { loadExperiment } from './load-experiment.ts';
import { readConfigFile } from './read-config-file.ts';

const written = (content: string | Buffer): string => {
  const file = path.join(temporaryFolder(), 'x.yaml');
  writeFileSync(file, content);
  return file;
};

function messageOf(file: string): string {
  try {
    readConfigFile(file);
  } catch (error) {
    if (isForetokenError(error)) return error.message.replaceAll(file, 'x.yaml');
    throw error;
  }
  return 'accepted';
}

describe('what is no file is refused at once', () => {
  test.each<[string, (file: string) => void, string]>([
    ['nothing', () => {}, 'there is no such file'],
    ['a folder', (file) => mkdirSync(file), 'it is a folder and no file'],
    ['a pipe that nobody writes into', (file) => execFileSync('mkfifo', [file]), 'it is a pipe and no file'],
    ['a device without an end', (file) => symlinkSync('/dev/zero', file), 'it is a device and no file'],
    ['a link to itself', (file) => symlinkSync(file, file), 'ELOOP'],
    ['a link to nothing', (file) => symlinkSync(`${file}.gone`, file), 'there is no such file'],
  ])('%s', (_, make, reason) => {
    const file = path.join(temporaryFolder(), 'x.yaml');
    make(file);
    expect(messageOf(file)).toContain(`CONFIG_NOT_FOUND: x.yaml cannot be read: ${reason} (looked in `);
  });

  test('a path with NUL', () => {
    expect(messageOf('/nowhere/a\0b')).toContain('CONFIG_NOT_FOUND: x.yaml cannot be read: ERR_INVALID_ARG_VALUE');
  });
});

describe('what is no text of UTF-8 is refused by its place', () => {
  test.each<[string, Buffer, string]>([
    ['a byte alone', Buffer.from([0xff]), '1:1: the text is not UTF-8'],
    ['Latin-1', Buffer.from('# ok é\nname: café\n', 'latin1'), '1:6: the text is not UTF-8'],
    ['half a character', Buffer.from('a: 1\nb: ä\nc: é', 'utf8').subarray(0, -1), '3:4: the text is not UTF-8'],
    ['a surrogate', Buffer.from([0x61, 0xed, 0xa0, 0x80]), '1:2: the text is not UTF-8'],
    ['an overlong slash', Buffer.from([0x61, 0xc0, 0xaf]), '1:2: the text is not UTF-8'],
    ['UTF-16, low byte first', Buffer.from('\uFEFFname: x', 'utf16le'), '1:1: the text is UTF-16'],
    ['UTF-16, high byte first', Buffer.from('\uFEFFname: x', 'utf16le').swap16(), '1:1: the text is UTF-16'],
  ])('%s', (_, content, expected) => {
    expect(messageOf(written(content))).toBe(`CONFIG_SYNTAX: x.yaml:${expected}. Save it as UTF-8.`);
  });

  test('a mark of the byte order is none of the text', async () => {
    const file = written('\uFEFFdata: { dataset: none }\n');
    const { experiment } = await loadExperiment(file, { plugins: loaderOf(fakeBuiltIns()) });
    expect(experiment.data.dataset.name).toBe('none');
  });
});

test('a file larger than any configuration is not read, whatever its size', () => {
  const file = written('name: x');
  truncateSync(file, 2 ** 36);
  const before = process.cpuUsage();
  expect(messageOf(file)).toBe(
    'CONFIG_SYNTAX: x.yaml:1:1: a configuration may have at most 196611 bytes, this has 68719476736.',
  );
  expect(process.cpuUsage(before).user).toBeLessThan(100_000);
});
