import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readJson, writeJson } from './json-file.ts';
import { temporaryFolder } from './temporary-folder.fixture.ts';

describe('a JSON file', () => {
  it('starts with its formatVersion and reads back as it was', async () => {
    const path = join(temporaryFolder(), 'a.json');
    await writeJson(path, { name: 'größe', list: [1, null] });
    expect(readFileSync(path, 'utf8')).toBe(
      '{\n  "formatVersion": 1,\n  "name": "größe",\n  "list": [\n    1,\n    null\n  ]\n}\n',
    );
    expect(await readJson(path)).toEqual({ formatVersion: 1, name: 'größe', list: [1, null] });
  });

  it.each([
    ['{"formatVersion": 2}', /FORMAT_VERSION: .*a.json has formatVersion 2; this release reads 1/],
    ['{}', /FORMAT_VERSION: .*a.json has formatVersion none/],
    ['{"formatVersion": "1"}', /FORMAT_VERSION: .*has formatVersion "1"/],
    ['{"formatVersion": 1', /FILE_CORRUPT: .*a.json is not valid JSON/],
    ['[1]', /FILE_CORRUPT: .*a.json must hold a JSON object/],
    ['null', /FILE_CORRUPT/],
    ['', /FILE_CORRUPT/],
  ])('holding %s is refused by code', async (text, message) => {
    const path = join(temporaryFolder(), 'a.json');
    writeFileSync(path, text);
    await expect(readJson(path)).rejects.toThrow(message);
  });

  it('that is not there is FILE_READ with the errno', async () => {
    await expect(readJson(join(temporaryFolder(), 'a.json'))).rejects.toThrow(/FILE_READ: .*ENOENT/);
  });
});
