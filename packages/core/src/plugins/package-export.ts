import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { exports as resolveExports } from 'resolve.exports';
import { invalid, type PluginSource } from './check-definition.ts';
import type { PackageFolder } from './package-folder.ts';

/**
 * The module behind an entry of a package's `exports`, as `import` would find it: conditions `node`, `import` and
 * `default`. Without `exports`, `.` is `main` (or index.js) and `./x` the file of that path.
 *
 * @returns a file URL
 * @throws PLUGIN_INVALID if the entry is not exported, leaves the package, or leads to no file
 */
export function resolveExport(folder: PackageFolder, entry: string, source: PluginSource): string {
  const target = targetOf(folder, entry, source);
  const file = path.resolve(folder.directory, target);
  const inside = path.relative(folder.directory, file);
  const who = `export ${JSON.stringify(entry)}`;
  if (inside.startsWith('..') || path.isAbsolute(inside) || inside.split(path.sep).includes('node_modules')) {
    throw invalid(source, who, `leads out of the package, to ${target}`);
  }
  if (!existsSync(file) || !statSync(file).isFile()) {
    const next = 'Build the package, or install a complete release.';
    throw invalid(source, who, `leads to ${target}, which is not a file`, { next });
  }
  // A link inside the package may lead anywhere.
  if (path.relative(realpathSync(folder.directory), realpathSync(file)).startsWith('..')) {
    throw invalid(source, who, `leads out of the package, by a link at ${target}`);
  }
  return pathToFileURL(file).href;
}

function targetOf({ packageJson }: PackageFolder, entry: string, source: PluginSource): string {
  if (packageJson.exports === undefined) {
    if (entry !== '.') return entry;
    return typeof packageJson.main === 'string' ? packageJson.main : 'index.js';
  }
  try {
    const targets = resolveExports(packageJson, entry, { unsafe: true, conditions: ['node', 'import', 'default'] });
    if (targets?.[0]) return targets[0];
  } catch (cause) {
    throw invalid(source, `export ${JSON.stringify(entry)}`, 'is not in the "exports" of its package.json', { cause });
  }
  throw invalid(source, `export ${JSON.stringify(entry)}`, 'is not in the "exports" of its package.json');
}
