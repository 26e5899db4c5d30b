import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';

/** Options of `foretoken upgrade`. */
export interface UpgradeCommandOptions {
  readonly dryRun?: boolean;
}

/** `foretoken upgrade`. */
export function upgradeCommand(): Command {
  return command(
    'upgrade',
    'Bring the folder of a run or an ablation that an older release wrote to this one; the old folder stays beside it.',
  )
    .argument('<folder>', 'folder of a run or an ablation')
    .option('--dry-run', 'say what would be done, and do nothing')
    .action(action(() => import('../upgrade/upgrade.ts')));
}
