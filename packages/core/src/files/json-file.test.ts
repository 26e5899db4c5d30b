import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFormatVersion } from './format-version.ts';
import { readJson, writeJson } from './json-file.ts';
import { temporaryFolder } from './temporary-folder.fixture.ts';

describe('a JSON file', () => {
  it('of a newer release asks for the newest, and reads nothing else of the folder', async () => {
    const folder = temporaryFolder();
    const write = (name: string, value: object) => writeFileSync(join(folder, name), JSON.stringify(value));
    write('summary.json', { formatVersion: 3 });
    // A stranger's folder may have a pipe or a device of this name.
    write('provenance.json', { formatVersion: 3, packages: { '@foretoken/core': '1.12.0-beta.1' } });
    await expect(readJson(join(folder, 'summary.json'))).rejects.toThrow(
      /A newer Foretoken wrote it: install foretoken@latest\.$/,
    );
  });

  it.each([
    ['experiment.json', ''],
    ['checkpoints/step-00000001.safetensors', ''],
    ['cells/0a1b/cell.json', ''],
    ['trainings/0a1b/summary.json', ''],
    ['trainings/0a1b/checkpoints/step-00000001.safetensors', ''],
    ['rungs/0a1b.json', ''],
    ['trainings.old/0a1b/summary.json', 'trainings.old/0a1b'],
  ])('names the folder to upgrade for %s', (file, root) => {
    expect(() => checkFormatVersion(join('/runs/a', file), 1)).toThrow(
      `this release reads 2. Run "foretoken upgrade ${join('/runs/a', root)}".`,
    );
  });

  it('starts with its formatVersion and reads back as it was', async () => {
    const path = join(temporaryFolder(), 'a.json');
    await writeJson(path, { name: 'größe', list: [1, null] });
    expect(readFileSync(path, 'utf8')).toBe(
      '{\n  "formatVersion": 2,\n  "name": "größe",\n  "list": [\n    1,\n    null\n  ]\n}\n',
    );
    expect(await readJson(path)).toEqual({ formatVersion: 2, name: 'größe', list: [1, null] });
  });

  it.each([
    ['{"formatVersion": 3}', /FORMAT_VERSION: .*a.json has formatVersion 3; this release reads 2/],
    ['{"formatVersion": 0}', /FORMAT_VERSION: .*formatVersion 0; .*Restore the file/],
    ['{}', /FORMAT_VERSION: .*a.json has formatVersion none/],
    ['{"formatVersion": "2"}', /FORMAT_VERSION: .*has formatVersion "2"/],
    ['{"formatVersion": 2', /FILE_CORRUPT: .*a.json is not valid JSON/],
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
