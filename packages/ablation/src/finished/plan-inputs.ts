import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, hostname } from 'node:os';
import path from 'node:path';
import { readRegularFile } from '@foretoken/core/light';
import { createPackageHasher, type PackageHasher } from '../identity/hash-package.ts';

/** All that a plan follows from. While none of it changes, planning anew gives the same plan. */
export interface PlanInputs {
  /** SHA-256 of the ablation file, and of the base if that is a file of its own, by absolute path. */
  readonly files: { readonly [file: string]: string };
  /** Hashes of the packages that plan, run and report, by absolute folder. */
  readonly packages: { readonly [directory: string]: string };
  /** Hash of what decides which engine runs here, and with which instructions. */
  readonly machine: string;
}

/**
 * Notes what a plan is made of.
 * @param texts - of files, by path, as they were when the plan was made
 * @param directories - of packages
 */
export function takeInputs(
  texts: { readonly [file: string]: string },
  directories: readonly string[],
  hashPackage: PackageHasher,
): PlanInputs {
  const files = Object.entries(texts).map(([file, text]) => [path.resolve(file), sha256(text)] as const);
  const packages = [...new Set(directories)].sort().map((directory) => [directory, hashPackage(directory)] as const);
  return { files: Object.fromEntries(files), packages: Object.fromEntries(packages), machine: machineHash() };
}

/** Whether everything is as it was noted. */
export async function areInputsCurrent({ files, packages, machine }: PlanInputs): Promise<boolean> {
  const hashPackage = createPackageHasher();
  for (const [file, hash] of Object.entries(files)) if (sha256(await readRegularFile(file)) !== hash) return false;
  return machine === machineHash() && Object.entries(packages).every(([one, hash]) => hashPackage(one) === hash);
}

/** SHA-256, hex. */
export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

function machineHash(): string {
  const ours = Object.entries(process.env).filter(([name]) => name.startsWith('FORETOKEN_'));
  const processors = [...new Set(cpus().map(({ model }) => model))];
  const { node, v8 } = process.versions;
  return sha256(
    JSON.stringify([node, v8, process.platform, process.arch, hostname(), processors, ours.sort(), addonStates()]),
  );
}

/** The compiled kernels, where there are any: building or removing them changes what `auto` means. */
function addonStates(): string[] {
  const engine = path.dirname(createRequire(import.meta.url).resolve('@foretoken/engine/package.json'));
  const prebuilt = `@foretoken/engine-${process.platform}-${process.arch}/foretoken.node`;
  const places = [() => createRequire(`${engine}/package.json`).resolve(prebuilt), () => builtIn(engine)];
  return places.map((place) => {
    try {
      const { size, mtimeMs } = statSync(place());
      return `${size}@${mtimeMs}`;
    } catch {
      return 'none';
    }
  });
}

const builtIn = (engine: string): string => path.join(engine, 'native/build/Release/foretoken.node');
