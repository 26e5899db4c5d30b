import { open } from 'node:fs/promises';
import type { Json } from '@foretoken/core';
import { type Fact, flatten } from '../facts.ts';
import type { FileState } from './record-file.ts';

/** Bytes from the end that are looked at: some hundred lines. */
const TAIL = 2 ** 16;

/**
 * The last loss and the last validation of a run, from the end of its `metrics.jsonl` alone: logs of long runs are
 * hundreds of megabytes. A torn last line is passed over, as it is when training goes on.
 *
 * @returns by path: `step`, `loss`, `validation.0` (nats at the first offset), ...; empty without a readable line
 */
export async function lastMetrics({ path, size }: FileState): Promise<Map<string, Fact>> {
  if (!size) return new Map();
  const lines = (await readTail(path, size)).split('\n').slice(size > TAIL ? 1 : 0, -1);
  const rows = lines.flatMap((line) => parsed(line)).reverse();
  const validation = rows.find((row) => row.validation !== undefined)?.validation as { losses?: Json } | undefined;
  return flatten({ step: rows[0]?.step ?? null, loss: rows[0]?.loss ?? null, validation: validation?.losses ?? null });
}

async function readTail(path: string, size: number): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const length = Math.min(TAIL, size);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function parsed(line: string): { readonly [key: string]: Json }[] {
  try {
    const row: unknown = JSON.parse(line);
    return typeof row === 'object' && row !== null ? [row as { readonly [key: string]: Json }] : [];
  } catch {
    return [];
  }
}
