import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inFileOrder, readSafetensors, tensorBytes } from '../safetensors.ts';
import { BAD_FILES } from './bad-files.fixture.ts';
import { GOOD_SAFETENSORS } from './good-cases.fixture.ts';

type Held = readonly [name: string, dtype: string, shape: number[], hex: string];
type Verdict = { readonly refused: string } | { readonly read: Held[] };

const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url));

/** What Python's own reader says of every file; see `fixtures/python-verdicts.py`. */
const VERDICTS = JSON.parse(readFileSync(`${FIXTURES}verdicts.json`, 'utf8')) as Readonly<Record<string, Verdict>>;

/** Why files that Python reads are refused here: reason, and the files it holds for. */
const STRICTER: Readonly<Record<string, readonly string[]>> = {
  'types that nothing here stores': ['bf16', 'bool', 'f16', 'f64', 'f8', 'i64'].map((dtype) => `dtype-${dtype}`),
  'a key said twice, of which Python takes the last': [
    'twice-a-tensor',
    'twice-a-tensor-apart',
    'twice-a-tensor-escaped',
    'twice-in-metadata',
  ],
  'a field that Python does not look at': ['field-unknown', 'field-proto'],
  'a list in the place of the fields': ['tensor-list'],
  'null for no metadata': ['metadata-null'],
  'blanks before the header, against the format': ['header-blank-before', 'header-newline-before'],
  'a name that an object would obey': ['name-proto', 'name-proto-escaped', 'metadata-proto'],
  'a name that a terminal or a C string would obey': [
    ...['backspace', 'control-of-8-bits', 'delete', 'delete-plain', 'escape', 'newline', 'nul', 'tab'],
    'long-and-wrong',
  ]
    .map((name) => `name-${name}`)
    .concat('metadata-nul-key'),
};

const isRead = (verdict: Verdict) => 'read' in verdict;
const byName = ([a]: Held, [b]: Held) => (a < b ? -1 : 1);

describe("Python's safetensors", () => {
  it('has a verdict on every file', () => {
    const bad = BAD_FILES.map(({ name }) => name).filter((name) => name.endsWith('.safetensors'));
    const good = Object.keys(GOOD_SAFETENSORS).map((name) => `good/${name}.safetensors`);
    expect(Object.keys(VERDICTS).sort()).toEqual([...bad, ...good].sort());
  });

  it('reads no file that is refused here without a reason that stands here', () => {
    const read = Object.keys(VERDICTS).filter((name) => name.startsWith('safetensors/') && isRead(VERDICTS[name]));
    const explained = Object.values(STRICTER).flat();
    expect(read.sort()).toEqual(explained.map((name) => `safetensors/${name}.safetensors`).sort());
  });

  it('is not what keeps bad checkpoints out: to it they are files like any other', () => {
    const checkpoints = Object.keys(VERDICTS).filter((name) => name.startsWith('checkpoint/'));
    expect(checkpoints.filter((name) => !isRead(VERDICTS[name]))).toEqual([]);
  });

  it.each(Object.entries(GOOD_SAFETENSORS))('reads the file %s, as it is read here', async (name, { holds }) => {
    const { tensors } = await readSafetensors(`${FIXTURES}good/${name}.safetensors`);
    const read = inFileOrder(tensors).map(
      ([of, tensor]): Held => [of, tensor.dtype, [...tensor.shape], Buffer.from(tensorBytes(tensor)).toString('hex')],
    );
    expect(read.sort(byName)).toEqual([...holds].sort(byName));
    const verdict = VERDICTS[`good/${name}.safetensors`] as { readonly read: Held[] };
    expect([...verdict.read].sort(byName)).toEqual(read);
  });
});
