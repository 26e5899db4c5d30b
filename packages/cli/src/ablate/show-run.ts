import type { AblationEvent, StandingArm, Verdict } from '@foretoken/ablation';
import type { CommandContext } from '../process/context.ts';
import { boardLines } from './board-lines.ts';
import {
  cellLine,
  failedLine,
  leftBehind,
  plannedLine,
  prunedLine,
  standingLine,
  statusLine,
  waitingLine,
} from './plain-lines.ts';
import { RunState, type RunStateOptions } from './run-state.ts';

/** Where a run is shown, and how it is told what happens. */
export interface ShownRun {
  readonly onEvent: (event: AblationEvent) => void;
  /** Draws no more. */
  stop(): void;
}

/** Between two drawings though nothing happened: times go on. */
const TICK_MS = 1_000;
/** Between two lines about what is under way, where nothing is drawn in place. */
const STATUS_MS = 60_000;

/**
 * Shows on stderr what an ablation is doing: on a terminal a board that is drawn in place, below the lines of finished cells;
 * elsewhere those lines alone, one for each verdict that changes, and one a minute about what is under way.
 */
export function showRun(context: CommandContext, options: RunStateOptions): ShownRun {
  const state = new RunState(options);
  const board = context.board();
  const verdicts = new Map<string, Verdict>();
  let statusMs = options.now();
  const say = (line: string) => {
    statusMs = options.now();
    context.say(line);
  };
  const draw = () => {
    board?.draw(() =>
      boardLines(state, { ...board.size(), colours: board.colours, isStopping: context.signal.aborted }),
    );
    if (!board && options.now() - statusMs >= STATUS_MS) say(statusLine(state));
  };
  const timer = setInterval(draw, TICK_MS).unref();
  return {
    onEvent(event) {
      state.see(event);
      for (const line of linesOf(event, state, board === undefined)) say(line);
      if (!board) for (const line of changedVerdicts(state, verdicts)) say(line);
      if (event.type === 'done') clearInterval(timer);
      else draw();
    },
    stop() {
      clearInterval(timer);
      board?.clear();
    },
  };
}

function linesOf(event: AblationEvent, state: RunState, saysTimeLeft: boolean): string[] {
  if (event.type === 'planned') return [plannedLine(event)];
  if (event.type === 'failed') return [failedLine(event)];
  if (event.type === 'waiting') return [waitingLine(event)];
  if (event.type === 'pruned') return [prunedLine(event)];
  if (event.type !== 'finished' || !event.record) return [];
  return [cellLine(state, event.task, event.record) + (saysTimeLeft ? leftBehind(state) : '')];
}

/** Verdicts that are others than when they were told last; before there is one, an arm has too few seeds. */
function changedVerdicts({ standing }: RunState, told: Map<string, Verdict>): string[] {
  const [baseline, ...others] = standing.arms();
  const changed = others.filter((arm): arm is StandingArm & Required<Pick<StandingArm, 'comparison'>> => {
    const verdict = arm.comparison?.verdict;
    return verdict !== undefined && verdict !== (told.get(arm.arm) ?? 'too few seeds');
  });
  for (const { arm, comparison } of changed) told.set(arm, comparison.verdict);
  return changed.map((arm) => standingLine(arm, baseline.arm, standing.unit()));
}
