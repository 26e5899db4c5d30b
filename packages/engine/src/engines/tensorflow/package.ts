import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findInstalled, foreignCore, type InstalledPackage, readPackage } from '../installed.ts';

/** The packages that carry TensorFlow into tfjs, the better one first. */
export const TENSORFLOW_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** The release of tfjs that Foretoken is built on. */
export const TFJS_VERSION = '4.22.0';

/** One of {@link TENSORFLOW_PACKAGES}, and the native file that it loads. */
export interface TensorflowPackage extends InstalledPackage {
  readonly binding: string;
}

/** The package in a folder, and where it looks for its binding under this Node. */
export function tensorflowPackageIn(folder: string): TensorflowPackage {
  return {
    ...readPackage(folder),
    binding: join(folder, 'lib', `napi-v${apiVersionFor(folder)}`, 'tfjs_binding.node'),
  };
}

/** The newest Node-API of those that the package knows and this Node has. */
function apiVersionFor(folder: string): number {
  const { binary } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const known = (binary?.napi_versions ?? []).filter((version) => version <= Number(process.versions.napi));
  return Math.max(...known, 3);
}

interface Manifest {
  readonly binary?: { readonly napi_versions?: readonly number[] };
}

/**
 * The installed package to use: one that fits before one that does not, one whose binding is built before one without, the
 * GPU's before the processor's.
 */
export function findTensorflowPackage(from?: readonly string[]): TensorflowPackage | undefined {
  const found = TENSORFLOW_PACKAGES.flatMap((name) => findInstalled(name, from)).map(({ folder }) =>
    tensorflowPackageIn(folder),
  );
  const fitting = found.filter((one) => unfitPackage(one) === undefined);
  return fitting.find(({ binding }) => existsSync(binding)) ?? fitting[0] ?? found[0];
}

/** What a package is refused for, whatever its binding; undefined where it fits. */
export function unfitPackage(found: InstalledPackage): string | undefined {
  if (found.version === TFJS_VERSION) return foreignCore(found);
  return `needs ${found.name} ${TFJS_VERSION}, found ${found.version} in ${found.folder}`;
}

/** How to get a package without its installer, which downloads a TensorFlow of 2022. */
export const INSTALL_COMMAND = `npm install --ignore-scripts ${TENSORFLOW_PACKAGES[0]}@${TFJS_VERSION}`;

/** How to build its binding. */
export const LINK_COMMAND = 'foretoken engine link-tensorflow';
