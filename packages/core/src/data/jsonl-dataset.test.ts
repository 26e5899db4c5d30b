import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../contracts/json.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { describeDatasetContract } from '../testing/describe-dataset-contract.ts';
import { datasetOf, writeTree } from './create-dataset.fixture.ts';
import { jsonlDataset } from './jsonl-dataset.ts';

describeDatasetContract(jsonlDataset, 'jsonl', {
  files: ['rows.jsonl', 'more/*.jsonl'],
  field: 'title',
  split: { validation: 0.3 },
});

const dataset = (folder: string, options: Readonly<Record<string, Json>> = {}) =>
  datasetOf(jsonlDataset, folder, { files: ['*.jsonl'], ...options });

async function textsOf(folder: string, options?: Readonly<Record<string, Json>>): Promise<[string, string][]> {
  const rows = dataset(folder, options);
  const { documents } = await rows.list();
  const read = async (document: (typeof documents)[number]) => Buffer.from(await rows.read(document)).toString();
  return Promise.all(documents.map(async (document): Promise<[string, string]> => [document.id, await read(document)]));
}

describe('the dataset "jsonl"', () => {
  it('makes a document of each line, by its number, with or without a newline at the end', async () => {
    const folder = temporaryFolder();
    writeTree(folder, {
      'b.jsonl': '{"text":"größe\\n"}\n{"other":1,"text":"x\u2028y"}',
      'a.jsonl': '{"text":"first"}\r\n',
    });
    expect(await textsOf(folder)).toEqual([
      ['a.jsonl#1', 'first'],
      ['b.jsonl#1', 'größe\n'],
      ['b.jsonl#2', 'x\u2028y'],
    ]);
  });

  it('reads a field of another name', async () => {
    const folder = temporaryFolder();
    writeTree(folder, { 'a.jsonl': '{"code":"1","text":2}\n{"code":"2"}\n' });
    expect((await textsOf(folder, { field: 'code' })).map(([, text]) => text)).toEqual(['1', '2']);
  });

  it('reads lines that are longer than a block, and finds those behind them', async () => {
    const folder = temporaryFolder();
    const long = 'ä'.repeat(400_000);
    writeTree(folder, { 'a.jsonl': `{"text":"${long}"}\n{"text":"b"}\n{"text":"${long}c"}\n` });
    expect((await textsOf(folder)).map(([, text]) => text.length)).toEqual([400_000, 1, 400_001]);
  });

  it('skips blank lines, empty and repeated texts, and says so', async () => {
    const folder = temporaryFolder();
    writeTree(folder, { 'a.jsonl': '{"text":"a"}\n\n{"text":""}\n{"text":"b"}\n{"n":1,"text":"a"}\n \t\n' });
    const { documents, skipped } = await dataset(folder).list();
    expect(documents.map(({ id, bytes }) => [id, bytes])).toEqual([
      ['a.jsonl#1', 1],
      ['a.jsonl#4', 1],
    ]);
    expect(skipped).toEqual([
      { id: 'a.jsonl#2', reason: 'blank line' },
      { id: 'a.jsonl#3', reason: 'empty' },
      { id: 'a.jsonl#5', reason: 'same content as a.jsonl#1' },
      { id: 'a.jsonl#6', reason: 'blank line' },
    ]);
  });

  it('lets a text keep its side wherever its line stands', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    const lines = Array.from({ length: 40 }, (_, index) => `{"text":"document ${index}"}`);
    writeTree(one, { 'a.jsonl': lines.join('\n') });
    writeTree(two, { 'b.jsonl': lines.toReversed().join('\n') });
    const heldOut = async (folder: string) =>
      (await dataset(folder, { split: { validation: 0.3 } }).list()).documents
        .flatMap(({ split, sha256 }) => (split === 'validation' ? [sha256] : []))
        .sort();
    expect(await heldOut(two)).toEqual(await heldOut(one));
  });

  it.each<[string, string | Uint8Array, RegExp]>([
    ['not JSON', '{"text":"a"}\n{"text":', /DATA_INVALID: dataset "jsonl": a.jsonl:2: not valid JSON/],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), /DATA_INVALID: .*a.jsonl:1: not valid JSON/],
    ['text that is not UTF-8', Buffer.from('{"text":"\xff"}', 'latin1'), /DATA_INVALID: .*a.jsonl:1: not valid JSON/],
    ['a list', '["text"]', /DATA_INVALID: .*a.jsonl:1: the line must be a JSON object/],
    ['without the field', '{"text":"a"}\n\n{"body":"b"}', /DATA_INVALID: .*a.jsonl:3: there is no field "text"/],
    ['with another type in the field', '{"text":1}', /DATA_INVALID: .*:1: field "text" must be a string, was number/],
    ['with the field only inherited', '{"a":1}', /there is no field "text"/],
  ])('refuses a line that is %s, by file and line', async (_, content, message) => {
    const folder = temporaryFolder();
    writeTree(folder, { 'a.jsonl': content });
    await expect(dataset(folder).list()).rejects.toThrow(message);
  });

  it('does not take what every object inherits for a field', async () => {
    const folder = temporaryFolder();
    writeTree(folder, { 'a.jsonl': '{"text":"a"}' });
    await expect(dataset(folder, { field: 'constructor' }).list()).rejects.toThrow(/there is no field "constructor"/);
  });

  it('refuses to read a line that changed since it was listed', async () => {
    const folder = temporaryFolder();
    writeTree(folder, { 'a.jsonl': '{"text":"a"}\n{"text":"b"}\n' });
    const rows = dataset(folder);
    const { documents } = await rows.list();
    writeFileSync(join(folder, 'a.jsonl'), '{"text":"A"}\n{"tex');
    await expect(rows.read(documents[0])).rejects.toThrow(/DATA_CHANGED: a.jsonl#1/);
    await expect(rows.read(documents[1])).rejects.toThrow(/DATA_CHANGED: a.jsonl#2/);
    await expect(rows.read({ ...documents[0], id: 'a.jsonl#9' })).rejects.toThrow(/DATA_CHANGED: a.jsonl#9/);
  });

  it('reads without having been asked for a list', async () => {
    const folder = temporaryFolder();
    writeTree(folder, { 'a.jsonl': '{"text":"a"}\n{"text":"b"}\n' });
    const [document] = (await dataset(folder).list()).documents;
    expect(Buffer.from(await dataset(folder).read(document)).toString()).toBe('a');
  });

  it('names a pattern that matches nothing', async () => {
    await expect(dataset(temporaryFolder()).list()).rejects.toThrow(
      /DATA_NO_MATCH: dataset "jsonl": no file matches "\*.jsonl"/,
    );
  });
});
