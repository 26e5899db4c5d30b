import { existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Tokenizer } from '../contracts/data.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { bytesTokenizer } from './bytes-tokenizer.ts';
import { datasetInMemory, tokenizerOf } from './create-dataset.fixture.ts';
import { type PrepareOptions, prepareData } from './prepare.ts';

const bytes = tokenizerOf(bytesTokenizer);
type Texts = Readonly<Record<string, string>>;

const split = (id: string) => (id.startsWith('v') ? ('validation' as const) : ('train' as const));
const corpusOf = (texts: Texts) =>
  datasetInMemory(Object.entries(texts).map(([id, text]) => ({ id, split: split(id), text: Buffer.from(text) })));

const TEXTS = { 't/a': 'the first document', 't/b': 'b', 'v/c': 'held out text', 'v/d': 'and another one' };

const optionsFor = (texts: Texts, more: Partial<Omit<PrepareOptions, 'dataset'>> = {}) => ({
  dataset: corpusOf(texts),
  tokenizer: bytes,
  names: { dataset: { name: 'memory' }, tokenizer: 'bytes' },
  context: 4,
  maxOffset: 2,
  cacheDirectory: join(temporaryFolder(), 'cache'),
  ...more,
});

/** Every third byte value apart, so that two bytes a token are needed. */
const wide: Tokenizer = {
  vocabulary: 1000,
  isBytes: false,
  encode: (text) => Int32Array.from(text, (byte) => byte * 3),
  decode: (tokens) => Uint8Array.from(tokens, (token) => token / 3),
};

/** Files that this process holds open, where the system tells. */
const numOpenFiles = () => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);

describe('prepared data', () => {
  it('holds each split as windows over its documents, end to end', async () => {
    const data = await prepareData(optionsFor(TEXTS));
    const joined = Buffer.from('the first documentb');
    expect(data.train.count).toBe(4);
    for (let index = 0; index < 4; index++) {
      const { tokens, document } = data.train.read(index);
      expect(Buffer.from(tokens)).toEqual(joined.subarray(index * 4, index * 4 + 6));
      expect([...document]).toEqual([...tokens].map((_, at) => (index * 4 + at < 18 ? 0 : 1)));
    }
    expect(Buffer.from(data.validation.read(2).tokens).toString()).toBe(' texta');
    expect([...data.validation.read(2).document]).toEqual([0, 0, 0, 0, 0, 1]);
    data.close();
    expect(() => data.train.read(0)).toThrow('closed');
  });

  it('records every document and what was skipped in its manifest', async () => {
    const data = await prepareData(optionsFor(TEXTS));
    expect(data.manifest).toEqual({
      contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      dataset: { name: 'memory' },
      tokenizer: 'bytes',
      vocabulary: 256,
      documents: [
        { id: 't/a', split: 'train', bytes: 18, sha256: 'hash of the first document', tokens: 18 },
        { id: 't/b', split: 'train', bytes: 1, sha256: 'hash of b', tokens: 1 },
        { id: 'v/c', split: 'validation', bytes: 13, sha256: 'hash of held out text', tokens: 13 },
        { id: 'v/d', split: 'validation', bytes: 15, sha256: 'hash of and another one', tokens: 15 },
      ],
      skipped: [{ id: 'z', reason: 'empty' }],
    });
    data.close();
  });

  it('keeps tokens of a larger vocabulary as they are', async () => {
    const data = await prepareData(optionsFor(TEXTS, { tokenizer: wide }));
    expect([...data.train.read(0).tokens]).toEqual([...Buffer.from('the fi')].map((byte) => byte * 3));
    data.close();
  });

  it('gives all tokens of a split, document by document, in chunks that cross no boundary', async () => {
    const long = 'x'.repeat(70_000);
    const data = await prepareData(optionsFor({ ...TEXTS, 't/c': long }));
    const chunks = [...data.tokens('train')];
    expect(chunks.map(({ document, tokens }) => [document, tokens.length])).toEqual([
      [0, 18],
      [1, 1],
      [2, 65_536],
      [2, 4_464],
    ]);
    expect(Buffer.concat(chunks.map(({ tokens }) => Uint8Array.from(tokens))).toString()).toBe(
      `${TEXTS['t/a']}b${long}`,
    );
    data.close();
  });

  it('is made once and then found again, whatever the windows; and made anew for other content or tokens', async () => {
    const first = optionsFor(TEXTS);
    const prepared = await prepareData(first);
    expect(first.dataset.numReads).toBe(4);
    const again = { ...optionsFor(TEXTS, { context: 3 }), cacheDirectory: first.cacheDirectory };
    const found = await prepareData(again);
    expect(again.dataset.numReads).toBe(0);
    expect(found.manifest).toEqual(prepared.manifest);
    for (const changed of [
      optionsFor({ ...TEXTS, 't/b': 'B' }),
      optionsFor(TEXTS, { tokenizer: wide }),
      optionsFor(TEXTS, { names: { ...first.names, tokenizer: { name: 'bytes', lower: true } } }),
    ]) {
      const other = await prepareData({ ...changed, cacheDirectory: first.cacheDirectory });
      expect(changed.dataset.numReads).toBe(4);
      expect(other.manifest.contentHash).not.toBe(prepared.manifest.contentHash);
      other.close();
    }
    expect(readdirSync(first.cacheDirectory)).toHaveLength(4);
    for (const data of [prepared, found]) data.close();
  });

  it('is the same for two names of the same options', async () => {
    const hashOf = async (tokenizer: PrepareOptions['names']['tokenizer']) => {
      const data = await prepareData(optionsFor(TEXTS, { names: { dataset: null, tokenizer } }));
      data.close();
      return data.manifest.contentHash;
    };
    expect(await hashOf({ name: 'x', a: 1, b: [{ c: 1, d: 2 }] })).toBe(
      await hashOf({ b: [{ d: 2, c: 1 }], a: 1, name: 'x' }),
    );
  });

  it('is made anew if it has another size than it should, and rid of what dead processes left', async () => {
    const options = optionsFor(TEXTS);
    const first = await prepareData(options);
    first.close();
    const folder = join(options.cacheDirectory, first.manifest.contentHash);
    for (const size of [5, 20]) {
      truncateSync(join(folder, 'train.tokens'), size);
      const dataset = corpusOf(TEXTS);
      (await prepareData({ ...options, dataset })).close();
      expect(dataset.numReads).toBe(4);
    }
    truncateSync(join(folder, 'train.tokens'), 5);
    const hash = 'a'.repeat(64);
    // Process numbers stay below 2^22 on Linux, so this one never runs.
    const abandoned = join(options.cacheDirectory, `${hash}.99999999-0123456789ab.tmp`);
    const others = join(options.cacheDirectory, `${hash}.${process.ppid}-0123456789ab.tmp`);
    const earlier = join(options.cacheDirectory, `${hash}.${process.pid}-0123456789ab.tmp`);
    for (const left of [abandoned, others, earlier]) mkdirSync(left);
    const data = await prepareData({ ...options, dataset: corpusOf(TEXTS) });
    expect(Buffer.from(data.train.read(3).tokens).toString()).toBe('cument');
    expect([abandoned, others, earlier].map((left) => existsSync(left))).toEqual([false, true, false]);
    data.close();
  });

  it('made several times at once, over nothing and over a broken folder, ends in one whole folder', async () => {
    for (let round = 0; round < 20; round++) {
      const options = optionsFor(TEXTS);
      const at = () => prepareData({ ...options, dataset: corpusOf(TEXTS) });
      const all = await Promise.all([at(), at(), at()]);
      expect(readdirSync(options.cacheDirectory)).toEqual([all[0].manifest.contentHash]);
      for (const data of all) {
        expect(Buffer.from(data.train.read(0).tokens).toString()).toBe('the fi');
        data.close();
      }
      truncateSync(join(options.cacheDirectory, all[0].manifest.contentHash, 'train.tokens'), 5);
      (await at()).close();
      expect(readdirSync(options.cacheDirectory)).toEqual([all[0].manifest.contentHash]);
    }
  });

  it('tells how far it is, in bytes', async () => {
    const seen: [number, number][] = [];
    const data = await prepareData(optionsFor(TEXTS, { progress: (done, total) => seen.push([done, total]) }));
    expect(seen).toEqual([
      [18, 47],
      [19, 47],
      [32, 47],
      [47, 47],
    ]);
    data.close();
  });

  it('stops on request, leaving nothing', async () => {
    const options = optionsFor(TEXTS, { signal: AbortSignal.abort() });
    await expect(prepareData(options)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(readdirSync(options.cacheDirectory)).toEqual([]);
  });

  it('blames a dataset or tokenizer that throws, by document, and leaves nothing', async () => {
    const encode = () => {
      throw new TypeError('no such merge');
    };
    const options = optionsFor(TEXTS, { tokenizer: { ...bytes, encode } });
    await expect(prepareData(options)).rejects.toThrow(/PLUGIN_FAILED: .*document t\/a: no such merge/);
    expect(readdirSync(options.cacheDirectory)).toEqual([]);
  });

  it('names the folder that it cannot write to', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await expect(prepareData(optionsFor(TEXTS, { cacheDirectory: file }))).rejects.toThrow(/FILE_WRITE: .*EEXIST/);
  });

  it('takes a document that its tokenizer makes nothing of', async () => {
    const encode = (text: Uint8Array) => (text.length === 1 ? new Int32Array() : bytes.encode(text));
    const data = await prepareData(optionsFor(TEXTS, { tokenizer: { ...bytes, encode } }));
    expect(data.manifest.documents.map(({ tokens }) => tokens)).toEqual([18, 0, 13, 15]);
    expect([...data.train.read(2).document]).toEqual([0, 0, 0, 0, 0, 0]);
    data.close();
  });

  it.each<[string, { context?: number; maxOffset?: number; texts?: Texts }, RegExp]>([
    [
      'a context longer than the data',
      { context: 18 },
      /DATA_TOO_SHORT: the train split has 19 tokens, one window takes 20 \(context 18 \+ maxOffset 2\)/,
    ],
    [
      'a context longer than the held-out data',
      { context: 17, maxOffset: 1, texts: { 't/a': 'x'.repeat(99), 'v/c': 'short' } },
      /DATA_TOO_SHORT: the validation split has 5 tokens/,
    ],
    [
      'an offset beyond every document',
      { maxOffset: 3, texts: { ...TEXTS, 't/a': 'abc', 't/b': 'def', 't/c': 'ghi' } },
      /DATA_TOO_SHORT: offset 3 never has a target in the train split: its longest document, t\/a, has 3 tokens, and 4 are needed/,
    ],
    [
      'no held-out token',
      { texts: { 't/a': 'some text to train on' } },
      /DATA_EMPTY: the validation split has no token/,
    ],
  ])('refuses %s, and gives the files back', async (_, { texts = TEXTS, ...sizes }, message) => {
    const options = optionsFor(texts, sizes);
    const before = numOpenFiles();
    await expect(prepareData(options)).rejects.toThrow(message);
    expect(numOpenFiles()).toBe(before);
  });

  it('refuses an offset whose only targets lie in the tail that fills no window', async () => {
    const texts = { ...TEXTS, 't/a': 'ab', 't/b': 'cd', 't/c': 'ef', 't/d': 'ghij' };
    // Ten tokens, windows of 5 + 3: one window, inputs 0 to 4, and t/d begins at 6.
    await expect(prepareData(optionsFor(texts, { context: 5, maxOffset: 3 }))).rejects.toThrow(
      /DATA_TOO_SHORT: offset 3/,
    );
    const data = await prepareData(optionsFor(texts, { context: 7, maxOffset: 3 }));
    data.close();
  });
});
