import { findInstalled, foreignCore, type InstalledPackage } from '../installed.ts';

/** The two packages that the engine needs. */
export interface WebGpuPackages {
  readonly dawn: InstalledPackage;
  readonly backend: InstalledPackage;
}

/** The release of tfjs' backend whose private parts the engine uses. */
const BACKEND_VERSION = '4.22.0';

/**
 * Finds the packages without running them; of several installed backends, the first that fits.
 * @returns what is missing or does not fit, as a sentence, where they cannot be used
 */
export function findPackages(from?: readonly string[]): WebGpuPackages | string {
  const names = ['webgpu', '@tensorflow/tfjs-backend-webgpu'];
  const [[dawn], backends] = names.map((name) => findInstalled(name, from));
  if (dawn === undefined || backends.length === 0) {
    const missing = names.filter((_, at) => [dawn, backends[0]][at] === undefined).join(' and ');
    return `not installed: ${missing}; run npm install webgpu @tensorflow/tfjs-backend-webgpu@${BACKEND_VERSION}`;
  }
  const backend = backends.find((one) => unfit(one) === undefined);
  return backend === undefined ? (unfit(backends[0]) as string) : { dawn, backend };
}

function unfit(backend: InstalledPackage): string | undefined {
  if (backend.version === BACKEND_VERSION) return foreignCore(backend);
  return `needs ${backend.name} ${BACKEND_VERSION}, found ${backend.version} in ${backend.folder}`;
}
