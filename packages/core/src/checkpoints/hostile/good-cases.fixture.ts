import { fileOf, tensor } from './bad-file.fixture.ts';

/** Unusual safetensors files that must be read, with the tensors they hold: name, type, shape and bytes. */
export const GOOD_SAFETENSORS: Readonly<
  Record<string, { readonly bytes: Buffer; readonly holds: readonly (readonly [string, string, number[], string])[] }>
> = {
  'no-tensors': { bytes: fileOf('{}'), holds: [] },
  'no-tensors-padded': { bytes: fileOf('{}      '), holds: [] },
  'metadata-alone': { bytes: fileOf('{"__metadata__":{"a":"__proto__"}}'), holds: [] },
  'metadata-empty-key': { bytes: fileOf('{"__metadata__":{"":"\\u0000"}}'), holds: [] },
  'metadata-last': {
    bytes: fileOf(`{"a":${tensor(0, 4)},"__metadata__":{}}`, Buffer.of(1, 2, 3, 4)),
    holds: [['a', 'F32', [1], '01020304']],
  },
  scalar: {
    bytes: fileOf(`{"a":${tensor(0, 4, { shape: '[]' })}}`, Buffer.of(1, 2, 3, 4)),
    holds: [['a', 'F32', [], '01020304']],
  },
  unsorted: {
    bytes: fileOf(`{"a":${tensor(4, 8)},"b":${tensor(0, 4)}}`, Buffer.of(1, 2, 3, 4, 5, 6, 7, 8)),
    holds: [
      ['a', 'F32', [1], '05060708'],
      ['b', 'F32', [1], '01020304'],
    ],
  },
  'empty-first-between-and-last': {
    bytes: fileOf(
      `{"a":${tensor(0, 0)},"b":${tensor(0, 4)},"c":${tensor(4, 4, { shape: '[3,0,2]' })},"d":${tensor(4, 8)},"e":${tensor(8, 8)}}`,
      Buffer.of(1, 2, 3, 4, 5, 6, 7, 8),
    ),
    holds: [
      ['a', 'F32', [0], ''],
      ['b', 'F32', [1], '01020304'],
      ['c', 'F32', [3, 0, 2], ''],
      ['d', 'F32', [1], '05060708'],
      ['e', 'F32', [0], ''],
    ],
  },
  'not-aligned': {
    bytes: fileOf(
      `{"u":${tensor(0, 1, { shape: '[1]', dtype: '"U8"' })},"a":${tensor(1, 5)}}`,
      Buffer.of(9, 1, 2, 3, 4),
    ),
    holds: [
      ['u', 'U8', [1], '09'],
      ['a', 'F32', [1], '01020304'],
    ],
  },
  'fields-in-another-order': {
    bytes: fileOf('{"a":{"data_offsets":[0,1],"shape":[1,1,1,1,1],"dtype":"U8"}}', Buffer.of(7)),
    holds: [['a', 'U8', [1, 1, 1, 1, 1], '07']],
  },
  'blanks-inside': {
    bytes: fileOf('{\n\t"a" : {"dtype":"U8", "shape":[ 1 ],\r\n"data_offsets":[0 , 1]} }\n', Buffer.of(7)),
    holds: [['a', 'U8', [1], '07']],
  },
  'names-of-all-kinds': {
    bytes: fileOf(
      `{"":${tensor(0, 0)},"constructor":${tensor(0, 0)},"0":${tensor(0, 0)},"\\ud83d\\ude00":${tensor(0, 0)},"../a\\\\\\"":${tensor(0, 0)}}`,
    ),
    holds: [
      ['', 'F32', [0], ''],
      ['constructor', 'F32', [0], ''],
      ['0', 'F32', [0], ''],
      ['😀', 'F32', [0], ''],
      ['../a\\"', 'F32', [0], ''],
    ],
  },
  'nan-of-every-payload': {
    bytes: fileOf(`{"a":${tensor(0, 8)}}`, Buffer.from('0100807fffffffff', 'hex')),
    holds: [['a', 'F32', [2], '0100807fffffffff']],
  },
};
