import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** What the machine and the moment have a say in, and the hash over it. */
const MOMENT = ['timings', 'seconds', 'peakBytes', 'contentHash', 'started'];

/**
 * Everything that a folder of a finished ablation holds, by path, in a form that is equal for equal results.
 *
 * Checkpoints before the last are left out: which are kept depends on where a training was stopped.
 */
export async function comparableRecord(folder: string): Promise<{ readonly [file: string]: string }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const kept: { [file: string]: string } = {};
  const last = await lastCheckpoints(files);
  for (const file of files.sort()) {
    if (file.endsWith('.safetensors') && !last.has(file)) continue;
    kept[path.relative(folder, file)] = await comparable(file);
  }
  return kept;
}

async function lastCheckpoints(files: readonly string[]): Promise<Set<string>> {
  const summaries = files.filter((file) => path.basename(file) === 'summary.json');
  const found = summaries.map(async (file) =>
    path.join(path.dirname(file), JSON.parse(await readFile(file, 'utf8')).checkpoint),
  );
  return new Set(await Promise.all(found));
}

async function comparable(file: string): Promise<string> {
  const bytes = await readFile(file);
  const name = path.basename(file);
  if (name.startsWith('report.')) return 'a report';
  if (name.startsWith('events.')) return `${countRecords(file, bytes)} events`;
  if (name.endsWith('.json')) return withoutMoment(bytes.toString('utf8'));
  if (name.endsWith('.jsonl')) return wholeLines(file, bytes.toString('utf8')).map(withoutMoment).join('\n');
  return bytes.toString('base64');
}

function withoutMoment(text: string): string {
  return JSON.stringify(JSON.parse(text, (key, value) => (MOMENT.includes(key) ? undefined : value)));
}

function wholeLines(file: string, text: string): string[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new Error(`${file} ends within a line`);
  return lines;
}

/** TensorBoard's records: length, its checksum, data, their checksum. Their times are the moment's. */
function countRecords(file: string, bytes: Buffer): number {
  let records = 0;
  let at = 0;
  for (; at < bytes.length; records++) at += 8 + 4 + Number(bytes.readBigUInt64LE(at)) + 4;
  if (at !== bytes.length) throw new Error(`${file} ends within a record`);
  return records;
}
