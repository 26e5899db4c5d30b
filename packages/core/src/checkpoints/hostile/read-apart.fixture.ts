import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Reader } from './bad-file.fixture.ts';

/** What reading one file came to. */
export interface Outcome {
  /** Undefined if it was read. */
  readonly code?: string;
  readonly message?: string;
  /** Processor time, so that whatever else the machine does is not counted. */
  readonly ms: number;
  /** Most memory of the process so far above that before the first file, resident. */
  readonly peakBytes: number;
}

/** Heap of the process that reads; what would need more ends it. */
const HEAP_MB = 200;

const DIST = fileURLToPath(new URL('../../../dist/', import.meta.url));

/** Reads files in one process that has little memory, as built. */
export async function readApart(
  files: readonly {
    readonly reader: Extract<Reader, 'safetensors' | 'checkpoint' | 'metrics'> | 'json';
    file: string;
  }[],
): Promise<Outcome[]> {
  expect(existsSync(DIST), `${DIST} must be built before this test runs`).toBe(true);
  const flags = [`--max-old-space-size=${HEAP_MB}`, '--input-type=module', '-e', READ_ALL, DIST];
  const child = spawn(process.execPath, flags, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(files));
  return JSON.parse(await text(child.stdout)) as Outcome[];
}

const READ_ALL = `
import { text } from 'node:stream/consumers';
const [dist] = process.argv.slice(1);
const { readSafetensors } = await import(dist + 'checkpoints/safetensors.js');
const { loadCheckpoint } = await import(dist + 'checkpoints/checkpoint-store.js');
const { readJson, LARGEST_RECORD } = await import(dist + 'files/json-file.js');
const { readJsonLines } = await import(dist + 'files/json-lines-log.js');
const read = {
  safetensors: readSafetensors,
  checkpoint: loadCheckpoint,
  metrics: readJsonLines,
  json: (file) => readJson(file, { largest: LARGEST_RECORD }),
};
const peak = () => process.resourceUsage().maxRSS * 1024;
const files = JSON.parse(await text(process.stdin));
const before = peak();
const outcomes = [];
for (const { reader, file } of files) {
  const start = process.cpuUsage();
  const error = await read[reader](file).then(() => ({}), (cause) => cause);
  const { user, system } = process.cpuUsage(start);
  outcomes.push({ code: error.code, message: error.message, ms: (user + system) / 1000, peakBytes: peak() - before });
}
process.stdout.write(JSON.stringify(outcomes));
`;
