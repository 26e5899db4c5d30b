import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Part of the C library, which only fits its own machine; every machine has it. */
const OF_THE_C_LIBRARY = /^(?:linux-vdso|ld-linux|libc|libm|libdl|libpthread|librt)\b/;

/** Libraries that a program loads and that another machine may have too old, or not at all. */
export function librariesOf(program) {
  const lines = execFileSync('ldd', [program], { encoding: 'utf8' }).split('\n');
  const places = lines.map((line) => /=> (\/\S+)/.exec(line)?.[1]).filter((place) => place !== undefined);
  return places.filter((place) => !OF_THE_C_LIBRARY.test(path.basename(place)));
}

/** Where Debian's `libvulkan1` and `chromium` put the Vulkan loader. */
const LOADERS = [
  '/usr/lib/x86_64-linux-gnu/libvulkan.so.1',
  '/usr/lib/aarch64-linux-gnu/libvulkan.so.1',
  '/usr/lib/chromium/libvulkan.so.1',
];

/**
 * The Vulkan loader, through which Dawn finds the GPU's driver; the driver itself is the other machine's.
 * @throws Error if this machine has none to pack
 */
export function loaderOf() {
  const found = LOADERS.find(existsSync);
  if (found === undefined) throw new Error('no Vulkan loader to pack; install it (apt-get install libvulkan1)');
  return [found];
}
