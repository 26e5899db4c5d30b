import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isForetokenError } from '@foretoken/engine/errors';
import { expect } from 'vitest';
import { asExperiment } from '../../config/saved-experiment.ts';
import { readJson } from '../../files/json-file.ts';
import { readJsonLines } from '../../files/json-lines-log.ts';
import { temporaryFolder } from '../../files/temporary-folder.fixture.ts';
import { createRandom } from '../../random/random.ts';
import { type Checkpoint, CheckpointStore, loadCheckpoint } from '../checkpoint-store.ts';
import { contentOf } from '../killed-saves.fixture.ts';
import { readSafetensors, tensorBytes } from '../safetensors.ts';
import { memoryDisk } from './memory-disk.fixture.ts';
import { GOOD_EXPERIMENT } from './record-cases.fixture.ts';

/** A kind of file, and what it may be read as once bytes of it have changed. */
interface Kind<Read = unknown> {
  readonly whole: Buffer;
  readonly codes: readonly string[];
  read(bytes: Buffer): Promise<Read>;
  /** Fails where a changed file was read as something that it must not be read as. */
  check(read: Read, changed: Buffer): void;
}

const kind = <Read>(of: Kind<Read>): Kind => of as Kind;

/** Every kind by name. */
export const KINDS: Readonly<Record<string, () => Promise<Kind>>> = {
  safetensors: async () =>
    kind({
      whole: readFileSync(fileURLToPath(new URL('../fixtures/python.safetensors', import.meta.url))),
      codes: ['FILE_CORRUPT'],
      read: (bytes) => readSafetensors('file', { disk: memoryDisk(bytes) }),
      check: ({ tensors }, changed) => {
        const sizes = { F32: 4, I32: 4, U8: 1 };
        let total = 0;
        for (const { dtype, shape, data } of tensors.values()) {
          expect(data.byteLength).toBe(shape.reduce((product, size) => product * size, sizes[dtype]));
          total += data.byteLength;
        }
        expect(8 + Number(changed.readBigUInt64LE()) + total).toBe(changed.length);
      },
    }),
  checkpoint: async () => {
    const store = await CheckpointStore.open(temporaryFolder(), { configHash: 'c'.repeat(64) });
    const { path } = await store.save(contentOf(12, 1.5));
    const right = plain(await store.load(path));
    return kind({
      whole: readFileSync(path),
      codes: ['FILE_CORRUPT', 'FORMAT_VERSION'],
      read: (bytes) => loadCheckpoint(path, { disk: memoryDisk(bytes) }),
      check: (read: Checkpoint, changed) => {
        // Without its seal it may be one of an earlier release, of which nobody knows the state it had.
        if (changed.includes('"seal"')) expect(plain(read)).toEqual(right);
        else expect(bitsOf(plain(read))).toEqual(bitsOf(right));
      },
    });
  },
  experiment: async () =>
    kind({
      whole: Buffer.from(`${JSON.stringify(GOOD_EXPERIMENT, null, 2)}\n`),
      codes: ['FILE_CORRUPT', 'FORMAT_VERSION'],
      read: async (bytes) => asExperiment('file', await readJson('file', { disk: memoryDisk(bytes) })),
      check: (read, changed) =>
        expect({ ...(read as object), formatVersion: 2 }).toEqual(JSON.parse(changed.toString('utf8'))),
    }),
  metrics: async () => {
    const rows = Array.from({ length: 6 }, (_, step) => ({
      step,
      loss: 2.5 / (step + 1),
      validation: { losses: [1, null] },
    }));
    return kind({
      whole: Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')),
      codes: ['FILE_CORRUPT'],
      read: (bytes) => readJsonLines('file', { disk: memoryDisk(bytes) }),
      check: (read, changed) => {
        const lines = changed.toString('utf8').split('\n').slice(0, -1);
        expect(read).toEqual(lines.map((line) => JSON.parse(line)));
        expect(read.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row))).toBe(true);
      },
    });
  },
};

/** A checkpoint as values that compare bit for bit. */
function plain({ tensors, step, score, configHash, state }: Checkpoint) {
  const bits = [...tensors].map(
    ([name, tensor]) => [name, tensor.dtype, tensor.shape, Buffer.from(tensorBytes(tensor)).toString('hex')] as const,
  );
  return { step, score, configHash, state, tensors: bits.sort(([a], [b]) => (a < b ? -1 : 1)) };
}

const bitsOf = ({ tensors }: ReturnType<typeof plain>) => tensors.map(([, , , hex]) => hex).sort();

const TELLING = Buffer.from('{}[]",:\\\0\n\r -+.019eEnu_\x7f\xff', 'latin1');

/** A file with a bit or three flipped, a byte put where it may mean something, or cut. */
function changed(whole: Buffer, random: () => number): Buffer {
  const below = (end: number) => Math.floor(random() * end);
  const way = below(10);
  if (way === 0) return whole.subarray(0, below(whole.length));
  const bytes = Buffer.from(whole);
  const numPlaces = 1 + below(3);
  for (let place = 0; place < numPlaces; place++) {
    const at = below(bytes.length);
    bytes[at] = way < 7 ? bytes[at] ^ (1 << below(8)) : TELLING[below(TELLING.length)];
  }
  return way === 9 ? bytes.subarray(0, bytes.length - below(20)) : bytes;
}

/**
 * Reads a file again and again, changed each time, and holds what comes of it to the kind's promise: an error of ours with
 * a code that says so, or something well-formed.
 * @returns how many were refused
 */
export async function readChanged({ whole, codes, read, check }: Kind, seed: number, times: number): Promise<number> {
  const random = createRandom(seed, 'changed bytes');
  let refused = 0;
  check(await read(whole), whole);
  for (let time = 0; time < times; time++) {
    const bytes = changed(whole, () => random.uniform());
    const outcome = await read(bytes).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const said = `seed ${seed}, time ${time}: ${bytes.toString('base64')}`;
    if ('error' in outcome) {
      refused++;
      if (!isForetokenError(outcome.error) || !codes.includes(outcome.error.code)) {
        throw new Error(`an error that it may not give, ${said}`, { cause: outcome.error });
      }
    } else {
      try {
        check(outcome.value, bytes);
      } catch (cause) {
        throw new Error(`read as what it is not, ${said}`, { cause });
      }
    }
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
  return refused;
}
