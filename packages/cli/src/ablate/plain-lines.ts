import type { AblationEvent, CellRecord, StandingArm, TaskInfo } from '@foretoken/ablation';
import { differenceWords } from '@foretoken/ablation/finished';
import { oneLine } from '../output/one-line.ts';
import { formatDuration } from '../output/quantities.ts';
import { countParts, timeWords } from './board-lines.ts';
import type { RunState } from './run-state.ts';
import { staleLines } from './stale-lines.ts';

/** What is about to be done. */
export function plannedLine(event: Extract<AblationEvent, { type: 'planned' }>): string {
  const kept = event.reused > 0 ? `, ${event.reused} finished before` : '';
  const counts = `${event.arms} arms, ${event.cells} cells${kept}, ${event.tasks} tasks to do`;
  return [counts, ...staleLines(event.stale)].join('\n');
}

/** A task that failed, why, and where its worker's output is. */
export function failedLine({ task, failure }: Extract<AblationEvent, { type: 'failed' }>): string {
  const { message, log } = failure;
  return `${task.label} failed: ${message}${log === undefined ? '' : ` Log: ${log} in the output folder.`}`;
}

/** A task that cannot begin yet. */
export const waitingLine = ({ task, holder }: Extract<AblationEvent, { type: 'waiting' }>): string =>
  `${oneLine(task.label)} waits: process ${holder.pid}, of the ablation in ${oneLine(holder.ablation)}, is timing alone on this machine`;

/** Arms that are stopped before their end. */
export const prunedLine = ({ arms }: Extract<AblationEvent, { type: 'pruned' }>): string =>
  `pruned: ${arms.map(oneLine).join(', ')}`;

/** A cell that is measured: which, what it gave, how long its training took, and whether something is still to be timed. */
export function cellLine(state: RunState, { kind, arms, seed }: TaskInfo, record: CellRecord): string {
  const { total, done, untimed } = state.cells();
  const name = oneLine(`${arms.join(' + ')}, seed ${seed}`);
  if (kind === 'time') return `${done}/${total} ${name}: timed`;
  const value = state.standing.value(record.id);
  const training = record.timings.training as { readonly seconds?: number } | undefined;
  const parts = [
    ...(value === undefined ? [] : [`${value.toFixed(3)} ${state.standing.unit()}`]),
    ...(training?.seconds === undefined ? [] : [`trained in ${formatDuration(training.seconds)}`]),
    ...(untimed > 0 ? ['to be timed'] : []),
  ];
  return `${done + untimed}/${total} ${name}: ${parts.join(', ')}`;
}

/** The time left behind a line, where no board shows it. */
export function leftBehind(state: RunState): string {
  const { total, done } = state.cells();
  const words = done === total ? '' : timeWords(state.timeLeft());
  return words === '' ? '' : `; ${words}`;
}

/** The counts, and how far each task is: for a log that is looked into while the ablation runs. */
export function statusLine(state: RunState): string {
  const counts = countParts(state.cells(), state.timeLeft(), state.seconds()).map(({ text }) => text);
  const tasks = state.running().map(({ info, progress }) => {
    const share = progress && progress.total > 0 ? ` ${Math.floor((progress.done / progress.total) * 100)}%` : '';
    return `${oneLine(info.label)}${share}`;
  });
  return [counts.filter((text) => text !== '').join(', '), ...tasks].join('; ');
}

/** What the pairs that exist so far say of an arm. */
export function standingLine({ arm, comparison }: StandingArm, baseline: string, unit: string): string {
  const { verdict, pairs, plannedPairs } = comparison!;
  const figures = `${differenceWords(comparison!)}, ${pairs} of ${plannedPairs} pairs`;
  return `so far, not final: ${oneLine(arm)} against ${oneLine(baseline)} in ${unit}: ${verdict} (${figures})`;
}
