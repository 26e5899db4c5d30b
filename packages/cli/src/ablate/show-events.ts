import type { AblationEvent } from '@foretoken/ablation';
import { formatDuration, formatRate } from '../output/quantities.ts';
import type { CommandContext } from '../process/context.ts';
import { staleLines } from './stale-lines.ts';

/** Tells on stderr what an ablation is doing: one line per finished task, a bar for the one at work. */
export function showEvents(context: CommandContext): (event: AblationEvent) => void {
  const progress = context.progress();
  return (event) => {
    if (event.type === 'progress') {
      const { label, task, tasks } = event.task;
      const { done, total, unit } = event.progress;
      const rounded = Number(done.toFixed(2));
      progress.update({ label: `${task}/${tasks} ${label}`, done: rounded, total, unit, note: noteOf(event.progress) });
      return;
    }
    const line = lineOf(event);
    if (line !== undefined) context.say(line);
  };
}

function noteOf({ loss, tokensPerSecond, what }: Extract<AblationEvent, { type: 'progress' }>['progress']): string {
  const notes = [
    loss === undefined ? '' : `loss ${loss.toFixed(3)}`,
    tokensPerSecond === undefined ? '' : `${formatRate(tokensPerSecond)} tokens/s`,
    what ?? '',
  ];
  return notes.filter((note) => note !== '').join('  ');
}

function lineOf(event: Exclude<AblationEvent, { type: 'progress' }>): string | undefined {
  if (event.type === 'planned') {
    const kept = event.reused > 0 ? `, ${event.reused} finished before` : '';
    const counts = `${event.arms} arms, ${event.cells} cells${kept}, ${event.tasks} tasks to do`;
    return [counts, ...staleLines(event.stale)].join('\n');
  }
  if (event.type === 'finished') {
    return `${event.task.task}/${event.task.tasks} ${event.task.label}: ${formatDuration(event.seconds)}`;
  }
  if (event.type === 'failed') {
    const { message, log } = event.failure;
    return `${event.task.label} failed: ${message}${log === undefined ? '' : ` Log: ${log} in the output folder.`}`;
  }
  return undefined;
}
