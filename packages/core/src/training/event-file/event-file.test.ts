import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failingDisk } from '../../files/failing-disk.fixture.ts';
import type { JsonObject } from '../../files/json-file.ts';
import { temporaryFolder } from '../../files/temporary-folder.fixture.ts';
import { runPaths } from '../run-directory.ts';
import { crc32c, maskedCrc32c } from './crc32c.ts';
import { scalarEvent, versionEvent } from './event.ts';
import { EventFile } from './event-file.ts';
import { scalarsOf } from './metrics-scalars.ts';
import { frameRecord } from './record.ts';
import { openRunMetrics } from './run-metrics.ts';

/** By TensorBoard's own writer; see fixtures/make-events.py. */
const theirs = JSON.parse(readFileSync(new URL('fixtures/events.json', import.meta.url), 'utf8'));

describe('an event record', () => {
  it('has the CRC-32C of RFC 3720, masked as TensorFlow does', () => {
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a91_36aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8_ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd_794e);
    for (const [text, crc] of Object.entries(theirs.masked)) expect(maskedCrc32c(Buffer.from(text))).toBe(crc);
  });

  it('is to the byte what TensorBoard writes', () => {
    const weights = Array.from({ length: 40 }, (_, i) => ({ tag: `weights/offset-${i}`, value: i / 7 }));
    expect(frameRecord(versionEvent(1767323045)).toString('hex')).toBe(theirs.version);
    const ours = [
      scalarEvent(1.5, 1, [{ tag: 'loss', value: 2.5 }]),
      scalarEvent(1767323045.123, 300, [
        { tag: 'loss', value: Number.NaN },
        { tag: 'losses/offset-1', value: 0.1 },
        { tag: 'größe/\u{1f600}', value: -3.25e-12 },
      ]),
      scalarEvent(1767323045.25, 2 ** 40 + 5, weights),
    ];
    expect(ours.map((event) => frameRecord(event).toString('hex'))).toEqual(theirs.steps);
  });
});

const row = (step: number, rest: JsonObject = {}): JsonObject => ({
  ...{ formatVersion: 2, step, loss: 2 + 1 / step, learningRate: 0.001, skipped: false, seconds: 0.25 },
  ...{ losses: [1, null], weights: [1, 0.5], terms: ['offset-1', 'offset-3'], ...rest },
});

describe('the curves of a line of metrics', () => {
  it('are named by term and validated offset, and NaN where nothing finite was measured', () => {
    expect(scalarsOf(row(4, { loss: null, validation: { losses: [3, 4] } }), [1, 3])).toEqual([
      { tag: 'loss', value: Number.NaN },
      { tag: 'learningRate', value: 0.001 },
      { tag: 'seconds', value: 0.25 },
      { tag: 'losses/offset-1', value: 1 },
      { tag: 'losses/offset-3', value: Number.NaN },
      { tag: 'weights/offset-1', value: 1 },
      { tag: 'weights/offset-3', value: 0.5 },
      { tag: 'validation/offset-1', value: 3 },
      { tag: 'validation/offset-3', value: 4 },
    ]);
  });
});

describe('the event file of a run', () => {
  const started = '2026-01-02T03:04:05.000Z';
  const rows = [1, 2, 3].map((step) => row(step));

  /** What a file holds after these rows, from its specification: dated by the start and the seconds since. */
  const expected = (kept: readonly JsonObject[]) => {
    const at = Date.parse(started) / 1000;
    const events = kept.map((each, i) => scalarEvent(at + (i + 1) / 4, each.step as number, scalarsOf(each, [1])));
    return Buffer.concat([versionEvent(at), ...events].map(frameRecord));
  };

  async function opened() {
    const paths = runPaths(temporaryFolder());
    writeFileSync(paths.provenance, JSON.stringify({ formatVersion: 2, started }));
    return { paths, metrics: await openRunMetrics(paths, [1]) };
  }

  it('has an event per line of metrics.jsonl', async () => {
    const { paths, metrics } = await opened();
    expect(existsSync(paths.events)).toBe(false);
    for (const each of rows) await metrics.append(each);
    await metrics.close();
    expect(readFileSync(paths.events).equals(expected(rows))).toBe(true);
  });

  it.each([
    ['as it was left', () => {}],
    ['lost', (file: string) => rmSync(file)],
    ['torn', (file: string) => truncateSync(file, 200)],
    ['of something else', (file: string) => writeFileSync(file, 'x'.repeat(5000))],
  ])('is right after a run went on from a checkpoint, the file being %s', async (_, spoil) => {
    const { paths, metrics } = await opened();
    for (const each of rows) await metrics.append(each);
    await metrics.close();
    spoil(paths.events);
    const again = await openRunMetrics(paths, [1]);
    await again.truncateAfter((each) => (each.step as number) <= 1);
    const other = [rows[0], row(2, { loss: 7 })];
    await again.append(other[1]);
    await again.truncateAfter(() => true);
    await again.append(rows[2]);
    await again.close();
    expect(readFileSync(paths.events).equals(expected([...other, rows[2]]))).toBe(true);
  });

  it('is as before after a write that failed, which is said', async () => {
    const file = join(temporaryFolder(), 'events');
    let isFull = false;
    const { disk } = failingDisk((call) => (isFull && call === 'write' ? 'ENOSPC' : undefined));
    const events = await EventFile.open(file, [rows[0]], { startedMs: Date.parse(started), offsets: [1], disk });
    isFull = true;
    await expect(events.append(rows[1])).rejects.toMatchObject({ code: 'DISK_FULL' });
    isFull = false;
    await events.append(rows[1]);
    await events.close();
    expect(readFileSync(file).equals(expected(rows.slice(0, 2)))).toBe(true);
  });
});
