import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readPrompts } from './read-prompts.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'foretoken-prompts-'));
  writeFileSync(path.join(folder, 'bytes'), Uint8Array.of(255, 10));
  writeFileSync(path.join(folder, 'empty'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

const terminal = Object.assign(Readable.from([]), { isTTY: true });
const read = async (...given: Parameters<typeof readPrompts>) =>
  (await readPrompts(...given)).map((bytes) => [...bytes]);

test('texts come first, then files as they are, and stdin is not read', async () => {
  const stdin = Readable.from([Buffer.from('unread')]);
  const options = { prompt: ['é', 'b'], promptFile: [path.join(folder, 'bytes')] };
  expect(await read(options, stdin)).toEqual([[195, 169], [98], [255, 10]]);
});

test('without options stdin is the prompt, to its last byte', async () => {
  expect(await read({}, Readable.from([Buffer.from('a'), Buffer.from('b\n')]))).toEqual([[97, 98, 10]]);
});

test.each([
  [{}, terminal, /^USAGE: no prompt\. Give one with --prompt/],
  [{}, Readable.from([]), /^PROMPT_EMPTY: stdin: /],
  [{ prompt: ['a', ''] }, terminal, /^PROMPT_EMPTY: --prompt: /],
  [{ promptFile: ['nowhere'] }, terminal, /^FILE_READ: --prompt-file nowhere: ENOENT/],
])('refuses %j', async (options, stdin, message) => {
  await expect(read(options, stdin)).rejects.toThrow(message);
});

test('refuses a file without a byte', async () => {
  await expect(read({ promptFile: [path.join(folder, 'empty')] }, terminal)).rejects.toThrow(/^PROMPT_EMPTY: .*empty/);
});
