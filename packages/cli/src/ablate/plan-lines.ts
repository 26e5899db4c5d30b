import path from 'node:path';
import {
  type AblationPlan,
  differenceLabels,
  type PlanDescription,
  type PlanEstimate,
  type PlannedArm,
} from '@foretoken/ablation';
import { formatBytes, formatDuration, formatOperations } from '../output/quantities.ts';
import { formatTable } from '../output/table.ts';
import { pruningLines } from './pruning-lines.ts';
import { staleLines } from './stale-lines.ts';

/** More cells than this are counted by arm instead of listed. */
const MAX_LISTED = 24;

/** Where a rate comes from. */
const RATES: Readonly<Record<NonNullable<PlanEstimate['rate']>['from'], string>> = {
  'finished trainings': 'as the finished trainings had',
  'a moment of training': 'as just measured',
};

/** A plan for people: the arms, the cells, what is shared, and last what it takes. */
export function planLines(plan: AblationPlan, description: PlanDescription): string[] {
  return [
    ...armTable(description),
    ...differenceLines(description),
    '',
    ...cellTable(plan, description),
    ...sharedLines(description),
    ...sameLines(description.arms),
    ...totals(plan, description),
    ...clockLines(description.arms),
    ...staleLines(description.stale),
  ];
}

/** The same as JSON, beside what was there before costs were known. */
export function planJson({ name, directory, arms, cells }: AblationPlan, { estimate, ...known }: PlanDescription) {
  const byId = new Map(known.arms.flatMap((arm) => arm.cells.map(({ id, status }) => [id, status] as const)));
  const planned = cells.map(({ id, arm, seed, trainingKey }) => ({
    ...{ id, arm, seed, trainingKey, status: byId.get(id) },
  }));
  return {
    ...{ name, directory, arms, cells: planned, trainings: known.trainings.length },
    armPlans: known.arms.map(({ cells: own, ...arm }) => ({ ...arm, cells: own.map(({ id }) => id) })),
    trainingPlans: known.trainings,
    ...(known.pruning && { pruning: known.pruning }),
    stale: known.stale,
    estimate,
  };
}

function armTable({ arms }: PlanDescription): string[] {
  const rows = arms.map(({ name, cells, cost }, i) => [
    i === 0 ? `${name} (baseline)` : name,
    cost.parameters.toLocaleString('en-US'),
    cost.minutes === undefined ? cost.steps.toLocaleString('en-US') : `${cost.minutes} min`,
    cost.minutes === undefined
      ? `${cost.isTrainingFlopsUpperBound ? '≤ ' : ''}${formatOperations(cost.trainingFlops).trim()}`
      : '–',
    String(cells.length),
    String(cells.filter(({ status }) => status === 'done').length),
  ]);
  const numbers = ['parameters', 'steps', 'training FLOPs', 'cells', 'done'];
  return formatTable([{ title: 'arm' }, ...numbers.map((title) => ({ title, align: 'right' as const }))], rows);
}

/** What arms differ from the baseline in, as far as their names do not say it; arms with the same differences together. */
function differenceLines({ arms }: PlanDescription): string[] {
  const labels = differenceLabels(arms.map(({ differences }) => differences));
  const alike = new Map<string, string[]>();
  for (const [i, { name }] of arms.entries()) {
    const said = besideName(name, labels[i]).join(', ');
    if (said !== '') alike.set(said, [...(alike.get(said) ?? []), name]);
  }
  if (alike.size === 0) return [];
  const lines = [...alike].map(([said, names]) => `  ${listed(names)}: ${said}`);
  return ['', 'differs from the baseline in, beside what its name says:', ...lines];
}

/** What the name of an arm does not say already: those of axes are made of their values. */
function besideName(name: string, labels: readonly string[]): string[] {
  const parts = name.split(', ');
  return labels.filter((label) => !parts.some((part) => label === part || label.startsWith(`${part}(`)));
}

function cellTable({ cells }: AblationPlan, { arms }: PlanDescription): string[] {
  if (cells.length > MAX_LISTED) return [`${cells.length.toLocaleString('en-US')} cells; --json lists them.`];
  const status = new Map(arms.flatMap((arm) => arm.cells.map((cell) => [cell.id, cell.status] as const)));
  const rows = cells.map(({ id, arm, seed, trainingKey }) => [
    arm,
    String(seed),
    trainingKey,
    id,
    status.get(id) ?? '',
  ]);
  return formatTable(
    ['arm', 'seed', 'training', 'cell', 'status'].map((title) => ({ title })),
    rows,
  );
}

/** Arms that differ in nothing that training sees, one line for each such set. */
function sharedLines({ trainings }: PlanDescription): string[] {
  const sets = new Map<string, readonly string[]>();
  for (const { arms } of trainings) if (new Set(arms).size > 1) sets.set(arms.join('\n'), [...new Set(arms)]);
  const lines = [...sets.values()].map((arms) => `  ${listed(arms)}`);
  return lines.length === 0 ? [] : ['', 'shares one training per seed:', ...lines];
}

const sameLines = (arms: readonly PlannedArm[]): string[] =>
  arms.flatMap(({ name, sameAs }) =>
    sameAs === undefined ? [] : [`${name} is the same as ${sameAs}: one result for both`],
  );

function listed(names: readonly string[]): string {
  const more = names.length > 4 ? ` and ${names.length - 4} more` : '';
  return names.slice(0, 4).join(' · ') + more;
}

function totals({ directory, cells, trainings }: AblationPlan, description: PlanDescription): string[] {
  const { arms, estimate } = description;
  const ids = new Map(arms.flatMap((arm) => arm.cells.map((cell) => [cell.id, cell.status] as const)));
  const done = [...ids.values()].filter((status) => status === 'done').length;
  const failed = [...ids.values()].filter((status) => status === 'failed').length;
  const pruned = [...ids.values()].filter((status) => status === 'pruned').length;
  const trained = description.trainings.filter(({ status }) => status === 'done').length;
  const counts = [
    plural(arms.length, 'arm'),
    plural(cells.length, 'cell') +
      (done > 0 ? `, ${done} done` : '') +
      (pruned > 0 ? `, ${pruned} pruned` : '') +
      (failed > 0 ? `, ${failed} to be tried again` : ''),
    plural(trainings.length, 'training') + (trained > 0 ? `, ${trained} done` : ''),
  ];
  const into = `${counts.join('; ')}; into ${path.relative('', directory) || '.'}`;
  return ['', into, ...pruningLines(description.pruning), ...estimateLines(estimate)];
}

/** What the plan cannot say of arms that end by the clock. */
function clockLines(arms: readonly PlannedArm[]): string[] {
  const reasons = new Set(arms.flatMap(({ notReproducible: reason }) => (reason === undefined ? [] : [reason])));
  return [...reasons].map((reason) => {
    const named = arms.filter((arm) => arm.notReproducible === reason).map(({ name }) => name);
    return `not reproducible: ${listed(named)}, ${reason}`;
  });
}

function estimateLines(estimate: PlanEstimate): string[] {
  const { trainingFlops, isUpperBound, minutes = 0, trainingSeconds, rate, ...disk } = estimate;
  if (trainingFlops === 0 && minutes === 0) return ['nothing is left to train'];
  const at = rate && `, at ${formatOperations(rate.flopsPerSecond)}FLOP/s ${RATES[rate.from]}`;
  const time =
    trainingSeconds === undefined
      ? 'time unknown'
      : `estimate: ${formatDuration(trainingSeconds)} one after the other${at ?? ''}; evaluations come on top`;
  const amounts = [
    ...(trainingFlops > 0 ? [`${isUpperBound ? 'at most ' : ''}${formatOperations(trainingFlops)}FLOPs`] : []),
    ...(minutes > 0 ? [`${minutes} minutes by the clock`] : []),
  ];
  const { checkpointBytes, freeBytes } = disk;
  const free = freeBytes === undefined ? '' : `, ${formatBytes(freeBytes)} free`;
  const warning = freeBytes !== undefined && checkpointBytes > freeBytes ? ': NOT ENOUGH' : '';
  return [
    `to train: ${amounts.join(' and ')}; ${time}`,
    `disk: ${formatBytes(checkpointBytes)} of checkpoints${free}${warning}`,
  ];
}

const plural = (count: number, what: string): string =>
  `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
