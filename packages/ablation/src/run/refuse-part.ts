import path from 'node:path';
import { ForetokenError } from '@foretoken/core';
import { exists } from './ablation-store.ts';

/**
 * Refuses a training of an ablation where only the whole may be given: alone it would be of another version than the ablation
 * that reads it, or be changed while the ablation runs.
 * @param command - as it is called
 * @throws USAGE naming the ablation
 */
export async function refusePart(directory: string, command: string): Promise<void> {
  const root = path.dirname(path.dirname(directory));
  const isTraining = path.basename(path.dirname(directory)) === 'trainings';
  if (!isTraining || !(await exists(path.join(root, 'ablation.json')))) return;
  throw new ForetokenError(
    'USAGE',
    `${directory} is part of the ablation in ${root}. Run "foretoken ${command} ${root}".`,
  );
}
