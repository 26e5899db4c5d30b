import { createRandom } from '../../random/random.ts';

/** Bytes that a document may consist of, under a name for messages. */
export interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const TEXTS: Readonly<Record<string, string>> = {
  'an empty text': '',
  'one letter': 'a',
  'English text': 'The quick brown fox jumps over the lazy dog, 1,234 times. Then it doesn’t.\n',
  'text in capitals and with accents': 'ÀÉÎÕÜ àéîõü STRASSE straße İstanbul ı',
  'Chinese, Arabic, Hindi and emoji': '深度学习 العربية हिन्दी 👩‍👩‍👧 🇩🇪',
  'letters before and after they are put together': 'e\u0301 \u00e9 \uac00 \u1100\u1161',
  'white space of every kind': '  two spaces\n\n\ttab\r\nline\u00a0\u2028\u3000end  ',
  code: 'function f(x){\n    return x?.y ?? [1, 0x1F, "\\n"];\n}\n',
  'control characters and NUL': 'a\u0000b\u0001\u001b[31m\u007f',
  'what looks like special tokens': '<s></s><|endoftext|>[UNK][PAD]<unk><0x0A>',
  'a long run of one letter': 'a'.repeat(5000),
  'a byte order mark': '\ufeffa',
};

/** Valid UTF-8: a tokenizer gives it back, whatever it says. */
export const VALID: readonly Sample[] = [
  ...Object.entries(TEXTS).map(([name, text]) => ({ name, bytes: utf8(text) })),
  ...Array.from({ length: 20 }, (_, seed) => ({ name: `random text ${seed}`, bytes: utf8(randomText(seed)) })),
  { name: 'a long text', bytes: utf8(Array.from({ length: 400 }, (_, seed) => randomText(seed)).join(' ')) },
];

/** Bytes that are no UTF-8: a tokenizer gives them back, or refuses them by a code. */
export const NOT_UTF8: readonly Sample[] = [
  { name: 'all 256 bytes', bytes: Uint8Array.from({ length: 256 }, (_, byte) => byte) },
  ...Array.from({ length: 128 }, (_, i) => ({ name: `the byte ${i + 128}`, bytes: Uint8Array.of(i + 128) })),
  { name: 'half a character', bytes: Uint8Array.of(0x61, 0xe6, 0xb7) },
  { name: 'an overlong slash', bytes: Uint8Array.of(0xc0, 0xaf) },
  { name: 'a surrogate', bytes: Uint8Array.of(0xed, 0xa0, 0x80, 0x62) },
  { name: 'text in Latin-1', bytes: Uint8Array.of(0x67, 0x72, 0xf6, 0xdf, 0x65) },
  ...Array.from({ length: 20 }, (_, seed) => ({ name: `random bytes ${seed}`, bytes: randomBytes(seed) })),
];

export const SAMPLES: readonly Sample[] = [...VALID, ...NOT_UTF8];

/** The beginning of some bytes, for messages. */
export function preview(bytes: ArrayLike<number>): string {
  const some = Array.from({ length: Math.min(12, bytes.length) }, (_, i) => bytes[i]);
  return `[${some.join(', ')}${bytes.length > some.length ? `, ... ${bytes.length} in all` : ''}]`;
}

/** Where two lists of bytes part, for messages. */
export function difference(got: Uint8Array, want: Uint8Array): string {
  const longest = got.length > want.length ? got : want;
  const at = longest.findIndex((_, i) => got[i] !== want[i]);
  return `${preview(got.subarray(at))} in place of ${preview(want.subarray(at))} from byte ${at} on`;
}

function randomText(seed: number): string {
  const random = createRandom(seed, 'contract/text');
  const starts = [0x20, 0x20, 0x41, 0x61, 0x61, 0xc0, 0x400, 0x4e00, 0x1f600];
  const letter = () => String.fromCodePoint(starts[random.integer(starts.length)] + random.integer(26));
  return Array.from({ length: random.integer(40) }, letter).join('');
}

function randomBytes(seed: number): Uint8Array {
  const random = createRandom(seed, 'contract/bytes');
  return Uint8Array.from({ length: random.integer(200) }, () => random.integer(256));
}
