import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ForetokenError } from '@foretoken/engine/errors';
import { type Static, Type } from 'typebox';
import type { Dataset, DatasetListing, DocumentEntry } from '../contracts/data.ts';
import { readError } from '../files/disk.ts';
import { defineDataset } from '../plugins/define.ts';
import { type FoundFile, findFiles } from './find-files.ts';
import { type Candidate, splitDocuments, splitOptions } from './split.ts';

const options = Type.Object({
  files: Type.Array(Type.String({ minLength: 1 }), {
    minItems: 1,
    description: 'Glob patterns, from the folder of the configuration file; each must match a file.',
  }),
  field: Type.String({ default: 'text', minLength: 1, description: 'The field that holds the text.' }),
  split: Type.Object(splitOptions, { default: {}, additionalProperties: false }),
});

/** Where a document's line lies. */
interface Line {
  readonly path: string;
  readonly number: number;
  readonly start: number;
  readonly length: number;
}

/** JSON lines: one document a line, its text in a field. */
export const jsonlDataset = defineDataset({
  name: 'jsonl',
  description: 'JSON-lines files, one document a line, split and deduplicated by content.',
  options,
  create: ({ baseDirectory }, chosen): Dataset => {
    const lines = new Map<string, Line>();
    return {
      list: () => listLines(baseDirectory, chosen, lines),
      read: async (document) => {
        if (lines.size === 0) await listLines(baseDirectory, chosen, lines);
        return readLine(lines.get(document.id), document, chosen.field);
      },
    };
  },
});

async function listLines(
  baseDirectory: string,
  { files: patterns, field, split }: Static<typeof options>,
  lines: Map<string, Line>,
): Promise<DatasetListing> {
  const files = await findFiles('jsonl', patterns, { baseDirectory: resolve(baseDirectory) });
  const candidates: Candidate[] = [];
  const skipped: { id: string; reason: string }[] = [];
  lines.clear();
  for (const file of files) {
    for await (const { line, bytes } of linesOf(file)) {
      const id = `${file.id}#${line.number}`;
      const text = isBlank(bytes) ? undefined : textOf(bytes, `${file.id}:${line.number}`, field);
      if (text === undefined || text.length === 0) {
        skipped.push({ id, reason: text === undefined ? 'blank line' : 'empty' });
        continue;
      }
      lines.set(id, line);
      const sha256 = createHash('sha256').update(text).digest('hex');
      candidates.push({ id, bytes: text.length, sha256, group: sha256 });
    }
  }
  return splitDocuments(candidates, split, skipped);
}

async function readLine(line: Line | undefined, { id, sha256 }: DocumentEntry, field: string): Promise<Uint8Array> {
  const changed = () => new ForetokenError('DATA_CHANGED', `${id} is not what it was when it was listed. Start again.`);
  if (line === undefined) throw changed();
  const bytes = Buffer.alloc(line.length);
  try {
    const handle = await open(line.path, 'r');
    try {
      const { bytesRead } = await handle.read(bytes, 0, line.length, line.start);
      if (bytesRead < line.length) throw changed();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw readError(line.path, cause);
  }
  const text = textOf(bytes, id, field);
  if (createHash('sha256').update(text).digest('hex') !== sha256) throw changed();
  return text;
}

/** Cuts a file at newlines, holding no more than one line and one block of it. */
async function* linesOf({ path }: FoundFile): AsyncIterable<{ line: Line; bytes: Buffer }> {
  let pending: Buffer[] = [];
  let start = 0;
  let number = 1;
  const finish = () => {
    const bytes = Buffer.concat(pending);
    const line = { path, number, start, length: bytes.length };
    pending = [];
    start += bytes.length + 1;
    number += 1;
    return { line, bytes };
  };
  for await (const block of blocksOf(path)) {
    let from = 0;
    for (let end = block.indexOf(0x0a); end >= 0; end = block.indexOf(0x0a, from)) {
      pending.push(block.subarray(from, end));
      yield finish();
      from = end + 1;
    }
    if (from < block.length) pending.push(block.subarray(from));
  }
  if (pending.length > 0) yield finish();
}

async function* blocksOf(path: string): AsyncIterable<Buffer> {
  try {
    const handle = await open(path, 'r');
    try {
      for (;;) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(2 ** 18), 0, 2 ** 18, null);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw readError(path, cause);
  }
}

const isBlank = (bytes: Uint8Array) => bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

function textOf(bytes: Uint8Array, where: string, field: string): Uint8Array {
  const invalid = (problem: string, cause?: unknown) =>
    new ForetokenError('DATA_INVALID', `dataset "jsonl": ${where}: ${problem}. Mend the line or leave the file out.`, {
      cause,
    });
  let row: unknown;
  try {
    row = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(`not valid JSON (${(cause as Error).message})`, cause);
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) throw invalid('the line must be a JSON object');
  if (!Object.hasOwn(row, field)) throw invalid(`there is no field "${field}"`);
  const text = (row as Record<string, unknown>)[field];
  if (typeof text !== 'string') throw invalid(`field "${field}" must be a string, was ${typeof text}`);
  return Buffer.from(text, 'utf8');
}
