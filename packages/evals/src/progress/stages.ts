import type { Progress, Subject } from '@foretoken/core/plugin';

/**
 * Splits an eval's progress into equal stages.
 *
 * @returns for stage `index`, from 0, a progress that fills that stage
 */
export function stages({ progress }: Pick<Subject, 'progress'>, count: number): (index: number) => Progress {
  return (index) => (done, total) => progress(index + (total > 0 ? done / total : 0), count);
}
