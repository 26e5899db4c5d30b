import { ForetokenError } from '@foretoken/engine/errors';
import type { PackedFile } from './read-tarball.ts';
import type { Origin } from './target.ts';

/** The package.json among a package's files, unchecked. @throws PLUGIN_INVALID if it is no JSON object */
export function readPackageJson(files: readonly PackedFile[], { path }: Origin): Readonly<Record<string, unknown>> {
  const file = files.find((one) => one.path === 'package.json');
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(file?.content));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw new Error('it does not hold an object');
  } catch (cause) {
    const why = `its package.json cannot be read: ${(cause as Error).message}. Mend the file.`;
    throw new ForetokenError('PLUGIN_INVALID', `${path}: ${why}`, { cause });
  }
}
