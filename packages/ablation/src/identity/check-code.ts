import { ForetokenError, type PluginLoader } from '@foretoken/core';
import type { Cell } from '../matrix/cells.ts';
import { changesOf } from './changes.ts';
import { codeOf, ownPackages } from './code-of.ts';
import { createPackageHasher } from './hash-package.ts';

/** Makes sure that this process has the code that a cell was planned with. */
export type CodeChecker = (
  cell: Pick<Cell, 'experiment' | 'packages' | 'code' | 'engine'>,
  baseDirectory: string,
) => Promise<void>;

/**
 * Makes the checker of one process, which reads each package once.
 *
 * A process that starts after the plan was made loads what is there then. Its results would be kept under the name of
 * other code, so it refuses with PLAN_STALE, naming what was edited.
 */
export function createCodeChecker(plugins: Pick<PluginLoader, 'registryFor'>): CodeChecker {
  const context = { packages: ownPackages(), hashPackage: createPackageHasher() };
  return async (cell, baseDirectory) => {
    const registry = await plugins.registryFor(cell.experiment.plugins, baseDirectory);
    const now = codeOf(cell.experiment, { ...context, registry }, () => true);
    const changed = changesOf(cell, { ...now, engine: cell.engine });
    if (changed.length === 0) return;
    throw new ForetokenError(
      'PLAN_STALE',
      `the cell was planned with other code: edited since is ${changed.join(', ')}. Start the same command again: it plans ` +
        'with the code of now, and uses what is finished with that.',
    );
  };
}
