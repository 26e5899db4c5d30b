import { pathToFileURL } from 'node:url';
import { askApart } from '../ask-apart.ts';
import type { GpuAdapterInfo } from './dawn.ts';
import type { WebGpuPackages } from './packages.ts';

/** A GPU that Dawn would open, or why there is none. */
export type Probe = { readonly info: GpuAdapterInfo } | { readonly reason: string };

/** Prints the first adapter as JSON. */
const script = (dawn: string): string => `
import { create } from ${JSON.stringify(dawn)};
const adapter = await create([]).requestAdapter({ powerPreference: 'high-performance' });
const { vendor, architecture, device, description, isFallbackAdapter } = adapter?.info ?? {};
console.log(JSON.stringify(adapter && { vendor, architecture, device, description, isFallbackAdapter }));
process.exit(0);
`;

/** Asks Dawn for a GPU, in a process of its own. */
export async function probeGpu({ dawn }: WebGpuPackages): Promise<Probe> {
  const answer = await askApart<GpuAdapterInfo | null>(script(pathToFileURL(dawn.entry).href));
  if ('reason' in answer) return { reason: `Dawn was asked for a GPU in a process of its own, and ${answer.reason}` };
  if (answer.value !== null) return { info: answer.value };
  const because = answer.said === undefined ? '' : ` (${answer.said})`;
  return { reason: `Dawn finds no GPU${because}; install the GPU’s Vulkan driver and the Vulkan loader` };
}
