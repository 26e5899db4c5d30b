import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isForetokenError } from '@foretoken/engine/errors';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../files/temporary-folder.fixture.ts';
import { readCheckpointIdentity } from '../checkpoint-identity.ts';
import { readSafetensorsHeader } from '../safetensors.ts';
import { BAD_FILES } from './bad-files.fixture.ts';
import { GOOD_CHECKPOINT } from './checkpoint-cases.fixture.ts';
import { GOOD_SAFETENSORS } from './good-cases.fixture.ts';
import { readApart } from './read-apart.fixture.ts';
import { readersIn } from './readers.fixture.ts';
import { GOOD_EXPERIMENT, GOOD_MANIFEST, GOOD_METRICS, GOOD_PROVENANCE } from './record-cases.fixture.ts';

const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url));
const fileOf = (name: string) => join(FIXTURES, name);

/** Everything committed: the bad ones, and unusual ones that are good. */
const FILES = [
  ...BAD_FILES,
  ...Object.entries(GOOD_SAFETENSORS).map(([name, { bytes }]) => ({ name: `good/${name}.safetensors`, bytes })),
];

/** Writes them anew, for whoever adds to a list: then run `fixtures/python-verdicts.py`. */
if (process.env.FORETOKEN_WRITE_FIXTURES === '1') {
  for (const { name } of FILES) rmSync(fileOf(dirname(name)), { recursive: true, force: true });
  for (const { name, bytes } of FILES) {
    mkdirSync(dirname(fileOf(name)), { recursive: true });
    writeFileSync(fileOf(name), bytes);
  }
}

const refusal = (reading: Promise<unknown>) =>
  reading.then(
    () => ({ code: 'read without a word', message: '' }),
    (cause: Error & { code?: string }) => cause,
  );

describe('the bad files', () => {
  it('are 250 and more, each once, and those that the lists make', () => {
    expect(BAD_FILES.length).toBeGreaterThanOrEqual(250);
    const folders = readdirSync(FIXTURES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const committed = folders.flatMap(({ name }) => readdirSync(fileOf(name)).map((file) => `${name}/${file}`));
    expect(committed.sort()).toEqual(FILES.map(({ name }) => name).sort());
    const different = FILES.filter(({ name, bytes }) => !bytes.equals(readFileSync(fileOf(name))));
    expect(different.map(({ name }) => name)).toEqual([]);
    expect(new Set(BAD_FILES.map(({ reader, bytes }) => reader + bytes.toString('latin1'))).size).toBe(
      BAD_FILES.length,
    );
  });

  it('differ from good ones, which are read', async () => {
    const run = temporaryFolder();
    const write = (name: string, content: Buffer | string | object) => {
      const file = join(run, name);
      const isText = Buffer.isBuffer(content) || typeof content === 'string';
      writeFileSync(file, isText ? content : JSON.stringify(content));
      return file;
    };
    const read = readersIn(temporaryFolder());
    expect(await read.checkpoint(write('a.safetensors', GOOD_CHECKPOINT))).toMatchObject({ step: 3, state: {} });
    expect(await read.experiment(write('a.json', GOOD_EXPERIMENT))).toEqual({ ...GOOD_EXPERIMENT, formatVersion: 1 });
    await read.provenance(write('b.json', GOOD_PROVENANCE));
    await read.manifest(write('c.json', GOOD_MANIFEST));
    expect(await read.metrics(write('a.jsonl', GOOD_METRICS))).toHaveLength(2);
  });

  it.each(BAD_FILES)('$name: $code', async ({ name, reader, code, says }) => {
    const error = await refusal(readersIn(temporaryFolder())[reader](fileOf(name)));
    expect(error).toMatchObject({ code, message: expect.stringContaining(says) });
    expect(isForetokenError(error)).toBe(true);
    expect(error.message.length).toBeLessThan(1000);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey
    expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('of safetensors are refused by whoever reads the header alone, and by whoever cannot wait', async () => {
    for (const { name, reader } of BAD_FILES) {
      if (reader !== 'safetensors') continue;
      await expect(readSafetensorsHeader(fileOf(name)), name).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
      expect(() => readCheckpointIdentity(fileOf(name)), name).toThrow('FILE_CORRUPT');
    }
  });

  it('take less than a second and 256 MB each', async () => {
    const files = BAD_FILES.map(({ name, reader }) => ({
      name,
      file: fileOf(name),
      reader: reader === 'safetensors' || reader === 'checkpoint' || reader === 'metrics' ? reader : ('json' as const),
    }));
    const outcomes = await readApart(files);
    expect(outcomes).toHaveLength(BAD_FILES.length);
    for (const [index, { ms, code }] of outcomes.entries()) {
      const { name, reader } = files[index];
      expect(ms, name).toBeLessThan(1000);
      // Without the reader's own checks a record may be a good one.
      if (reader !== 'json') expect(code, name).toBe(BAD_FILES[index].code);
    }
    expect(outcomes.at(-1)!.peakBytes).toBeLessThan(256 * 2 ** 20);
  });
});
