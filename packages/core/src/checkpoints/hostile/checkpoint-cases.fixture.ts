import { createHash } from 'node:crypto';
import { sealOf } from '../checkpoint-seal.ts';
import { type Cases, fileOf } from './bad-file.fixture.ts';

const DATA = Buffer.from(Float32Array.of(1, 2).buffer);

/** Metadata of a checkpoint that is read, but for its seal. */
const METADATA = {
  formatVersion: '2',
  configHash: 'c'.repeat(64),
  step: '3',
  state: '{}',
  sha256: createHash('sha256').update(DATA).digest('hex'),
};

/** A checkpoint with these metadata; undefined leaves one out. */
function checkpoint(changes: Partial<Record<string, string>>): Buffer {
  const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const content: Partial<Record<string, string>> = { ...METADATA, ...changes };
  const texts = Object.entries(content).filter((text): text is [string, string] => text[1] !== undefined);
  const seal = sealOf(new Map(texts), new Map([['weight', { dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) }]]));
  return fileOf(JSON.stringify({ __metadata__: { seal, ...content }, weight: entry }), DATA);
}

const NOT_AS_WRITTEN = 'step, configHash or score is not as a checkpoint has it';

/** One that must be read: the others differ from it in one place each. */
export const GOOD_CHECKPOINT = checkpoint({});

/** Safetensors files that are whole, and no checkpoints. */
export const CHECKPOINT_CASES: Cases = {
  'no-version': [checkpoint({ formatVersion: undefined }), 'no checkpoint of Foretoken'],
  'version-99': [checkpoint({ formatVersion: '99' }), 'formatVersion 99', 'FORMAT_VERSION'],
  'version-1': [checkpoint({ formatVersion: '1' }), 'Run "foretoken upgrade ', 'FORMAT_VERSION'],
  'version-hex': [checkpoint({ formatVersion: '0x2' }), 'formatVersion "0x2"', 'FORMAT_VERSION'],
  'version-blank': [checkpoint({ formatVersion: ' 2' }), 'formatVersion " 2"', 'FORMAT_VERSION'],
  'version-none': [checkpoint({ formatVersion: '' }), 'formatVersion ""', 'FORMAT_VERSION'],
  'version-long': [checkpoint({ formatVersion: '2'.repeat(9000) }), `"${'2'.repeat(100)}"...`, 'FORMAT_VERSION'],
  'no-step': [checkpoint({ step: undefined }), NOT_AS_WRITTEN],
  'step-none': [checkpoint({ step: '' }), NOT_AS_WRITTEN],
  'step-negative': [checkpoint({ step: '-1' }), NOT_AS_WRITTEN],
  'step-fraction': [checkpoint({ step: '1.5' }), NOT_AS_WRITTEN],
  'step-hex': [checkpoint({ step: '0x3' }), NOT_AS_WRITTEN],
  'step-2-to-53': [checkpoint({ step: '9007199254740992' }), NOT_AS_WRITTEN],
  'score-nan': [checkpoint({ score: 'NaN' }), NOT_AS_WRITTEN],
  'score-infinite': [checkpoint({ score: '-Infinity' }), NOT_AS_WRITTEN],
  'no-config-hash': [checkpoint({ configHash: undefined }), NOT_AS_WRITTEN],
  'no-hash': [checkpoint({ sha256: undefined }), 'SHA-256'],
  'hash-of-others': [checkpoint({ sha256: '0'.repeat(64) }), 'SHA-256'],
  'no-state': [checkpoint({ state: undefined }), 'its state is not JSON'],
  'state-cut': [checkpoint({ state: '{"trainer":' }), 'its state is not JSON'],
  'state-nan': [checkpoint({ state: '{"cursor":NaN}' }), 'its state is not JSON'],
  'state-proto': [checkpoint({ state: '{"__proto__":{"polluted":true}}' }), 'its state is not JSON'],
  'state-twice': [checkpoint({ state: '{"cursor":1,"cursor":2}' }), 'its state is not JSON'],
  'state-deep': [checkpoint({ state: `${'['.repeat(2000)}${']'.repeat(2000)}` }), 'its state is not JSON'],
  'seal-of-others': [checkpoint({ seal: '0'.repeat(64) }), 'sealed'],
  'seal-none': [checkpoint({ seal: '' }), 'sealed'],
  'seal-absent': [checkpoint({ seal: undefined }), 'sealed'],
};
