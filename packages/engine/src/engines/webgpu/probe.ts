import { type ExecFileException, execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import type { GpuAdapterInfo } from './dawn.ts';
import type { WebGpuPackages } from './packages.ts';

/** A GPU that Dawn would open, or why there is none. */
export type Probe = { readonly info: GpuAdapterInfo } | { readonly reason: string };

const LONGEST_PROBE_MS = 30_000;

/** Prints the first adapter as JSON. */
const script = (dawn: string): string => `
import { create } from ${JSON.stringify(dawn)};
const adapter = await create([]).requestAdapter({ powerPreference: 'high-performance' });
const { vendor, architecture, device, description, isFallbackAdapter } = adapter?.info ?? {};
console.log(JSON.stringify(adapter && { vendor, architecture, device, description, isFallbackAdapter }));
process.exit(0);
`;

/**
 * Asks Dawn for a GPU, in a process of its own: a driver that crashes takes only that one down, what Dawn prints becomes
 * the reason, and nothing stays open.
 */
export function probeGpu({ dawn }: WebGpuPackages): Promise<Probe> {
  const args = ['--input-type=module', '--eval', script(pathToFileURL(dawn.entry).href)];
  const options = { timeout: LONGEST_PROBE_MS, windowsHide: true };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => resolve(read(error, stdout, stderr)));
  });
}

function read(error: ExecFileException | null, stdout: string, stderr: string): Probe {
  const said = /^(?:Warning|Error): (.*)$/m.exec(stderr)?.[1];
  const because = said === undefined ? '' : ` (${said})`;
  if (error !== null) return { reason: `asking Dawn for a GPU ended ${endOf(error)}${because}` };
  const answer = stdout.trim().split('\n').at(-1) ?? '';
  if (answer !== 'null') return parse(answer);
  return { reason: `Dawn finds no GPU${because}; install the GPU’s Vulkan driver and the Vulkan loader` };
}

function endOf({ killed, signal, code }: ExecFileException): string {
  if (killed) return `without an answer in ${LONGEST_PROBE_MS / 1000} s`;
  return signal ? `by ${signal}` : `with exit code ${code}`;
}

function parse(answer: string): Probe {
  try {
    return { info: JSON.parse(answer) as GpuAdapterInfo };
  } catch {
    return { reason: `asking Dawn for a GPU gave ${JSON.stringify(answer)}` };
  }
}
